using System.Diagnostics;
using Atoll.Fuzz.Running;

ulong seed = ulong.Parse(args[0]);
int count = int.Parse(args[1]);
int executions = 0, failures = 0;
Stopwatch watch = Stopwatch.StartNew();
for (int i = 0; i < count; i++)
{
    (RunReport report, Finding? finding) = GeneratedCase.Run(seed + (ulong)i, reduce: args.Length > 2);
    executions += report.Executions;
    if (finding is not null)
    {
        failures++;
        Console.WriteLine($"{finding.Name}: {finding.Problem}");
        if (args.Length > 2) { Console.WriteLine(finding.Save()); }
    }
}
Console.WriteLine($"modules={count} executions={executions} failures={failures} ms={watch.ElapsedMilliseconds}");
