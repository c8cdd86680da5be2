using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Atoll.Bindings.Planning;
using Atoll.Wit;

namespace Atoll.Bindings.Emission;

/// <summary>Writes the text of the runtime's <c>WorldContract</c>: one line for each type, import and export.</summary>
internal sealed class ContractWriter(WorldPlan plan)
{
    private readonly Dictionary<WitTypeDefinition, int> _types = [];
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Write()
    {
        foreach (FunctionGroup group in plan.AllImports)
        {
            Write("import", group);
        }

        foreach (FunctionGroup group in plan.Exports.Prepend(plan.WorldExports))
        {
            Write("export", group);
        }

        return _lines;
    }

    private void Write(string verb, FunctionGroup group)
    {
        foreach (WitFunction function in group.Functions)
        {
            string parameters = string.Join(",", function.Parameters.Select(parameter => $"{parameter.Name}:{Of(parameter.Type)}"));
            string result = function.Result is null ? "" : $"->{Of(function.Result)}";
            _lines.Add($"{verb} {(function.IsAsync ? "async " : "")}{group.Path(function.ExternName)}({parameters}){result}");
        }
    }

    private string Of(WitType? type) => type switch
    {
        null => "_",
        WitPrimitive primitive => primitive.Kind.ToString().ToLowerInvariant(),
        WitList { Length: { } length } list => $"list<{Of(list.Element)},{length.ToString(CultureInfo.InvariantCulture)}>",
        WitList list => $"list<{Of(list.Element)}>",
        WitOption option => $"option<{Of(option.Element)}>",
        WitResult result => $"result<{Of(result.Ok)},{Of(result.Error)}>",
        WitTuple tuple => $"tuple<{string.Join(",", tuple.Items.Select(Of))}>",
        WitMap map => $"map<{Of(map.Key)},{Of(map.Value)}>",
        WitStream stream => $"stream<{Of(stream.Payload)}>",
        WitFuture future => $"future<{Of(future.Payload)}>",
        WitHandle handle => $"{(handle.IsBorrowed ? "borrow" : "own")}<{handle.Resource.Target.Name}>",
        WitNamed named => Of(named.Definition.Target),
        _ => throw new InvalidOperationException($"unknown type {type}"),
    };

    private string Of(WitTypeDefinition definition)
    {
        if (definition.Body is WitAlias alias)
        {
            return Of(alias.Type);
        }

        if (!_types.TryGetValue(definition, out int index))
        {
            string text = definition.Body switch
            {
                WitRecord record => Members("record", record.Fields.Select(field => (field.Name, (WitType?)field.Type))),
                WitVariant variant => Members("variant", variant.Cases.Select(item => (item.Name, item.Type))),
                WitEnum cases => Members("enum", cases.Cases.Select(item => (item.Name, item.Type))),
                WitFlags flags => Members("flags", flags.Flags.Select(item => (item.Name, item.Type))),
                _ => throw new InvalidOperationException($"unknown kind of type {definition}"),
            };
            index = _types.Count;
            _types.Add(definition, index);
            _lines.Add($"type {index.ToString(CultureInfo.InvariantCulture)} {text}");
        }

        return $"#{index.ToString(CultureInfo.InvariantCulture)}";
    }

    private string Members(string word, IEnumerable<(string Name, WitType? Type)> members)
    {
        StringBuilder text = new(word);
        text.Append('{').Append(string.Join(",", members.Select(member => member.Type is null ? member.Name : $"{member.Name}:{Of(member.Type)}"))).Append('}');
        return text.ToString();
    }
}
