using Atoll.Reference.Comparison;
using Atoll.Wasm;
using Atoll.Wasm.Text;

namespace Atoll.Fuzz.Running;

/// <summary>Reads a text as a module; what is one goes the way of all modules.</summary>
internal static class TextRunner
{
    public static RunReport Run(byte[] text, ulong seed)
    {
        Allowance allowance = new(text.Length);
        byte[] binary;
        try
        {
            binary = WatText.ToBinary(text);
        }
        catch (MalformedModuleException exception)
        {
            return new RunReport(allowance.Problem("reading the text"), exception.Message, 0);
        }
        catch (Exception exception)
        {
            return new RunReport($"while reading the text: {Outcome.Describe(exception)}", null, 0);
        }

        return allowance.Problem("reading the text") is { } problem ? new RunReport(problem, null, 0) : ModuleRunner.Run(binary, seed);
    }
}
