using System.Globalization;
using Atoll.Components.Types;
using Atoll.Sdk.Bindgen.Plan;

namespace Atoll.Sdk.Bindgen.JavaScript;

/// <summary>
/// Writes <c>convert.js</c>: functions that make of values as QuickJS has them those of the declarations, and back. Only 64-bit integers differ: QuickJS would
/// have them as doubles, so a built component passes them as text (<see cref="QuickJsComponent"/>).
/// </summary>
internal sealed class JsConversions(BindingPlan plan)
{
    private const string Runtime = """
        /** A 64-bit integer as the component passes it. */
        const out64 = (value, min, max) => {
          const integer = typeof value === 'bigint' ? value : BigInt(value);
          if (integer < min || integer > max) throw new RangeError(`${integer} is not from ${min} to ${max}`);
          return BigInt.asUintN(64, integer).toString(16);
        };
        const inS64 = (text) => BigInt.asIntN(64, BigInt(text));
        const inU64 = (text) => BigInt(text);
        const outS64 = (value) => out64(value, -0x8000000000000000n, 0x7fffffffffffffffn);
        const outU64 = (value) => out64(value, 0n, 0xffffffffffffffffn);

        /** Calls what the host has: the error of a `result` is thrown with its payload. */
        export const imported = (call, value, error) => {
          let result;
          try {
            result = call();
          } catch (thrown) {
            if (!(thrown instanceof Error) || !Object.hasOwn(thrown, 'payload')) throw thrown;
            throw Object.assign(new Error(thrown.message), { payload: error(thrown.payload) });
          }
          return value(result);
        };

        /** Calls what the guest has: what it throws is the error of a `result`, but for an Error without payload. */
        export const exported = (call, value, error) => {
          let result;
          try {
            result = call();
          } catch (thrown) {
            const hasPayload = thrown !== null && typeof thrown === 'object' && Object.hasOwn(thrown, 'payload');
            if (thrown instanceof Error && !hasPayload) throw thrown;
            throw { payload: error(hasPayload ? thrown.payload : thrown) };
          }
          return value(result);
        };

        export const same = (value) => value;

        const convertCase = (cases) => (value) => (Object.hasOwn(cases, value.tag) ? { tag: value.tag, val: cases[value.tag](value.val) } : value);

        """;

    private readonly HashSet<PlannedType> _converted = [];

    /// <summary>Whether anything of the world is converted.</summary>
    public bool IsNeeded => plan.All.Any(scope => scope.Functions.Any(Needs));

    public bool Needs(PlannedFunction function) => function.Parameters.Any(parameter => Needs(parameter.Type)) || Needs(function.Result);

    /// <summary>Whether values of a type are converted.</summary>
    public bool Needs(PlannedType? type)
    {
        if (type is null)
        {
            return false;
        }

        // Types come after what they are built of, so each is asked once.
        if (_converted.Count == 0)
        {
            foreach (PlannedType each in plan.Types)
            {
                IEnumerable<PlannedType?> parts = [each.Element, .. each.Fields.Select(field => field.Type), .. each.Cases.Select(item => item.Type)];
                if (each.Kind is ComponentValueKind.S64 or ComponentValueKind.U64 || parts.Any(part => part is not null && _converted.Contains(part)))
                {
                    _converted.Add(each);
                }
            }
        }

        return _converted.Contains(type);
    }

    /// <summary>The function that converts values that come in, or go out.</summary>
    public string Name(PlannedType? type, bool isIn)
    {
        string direction = isIn ? "in" : "out";
        return !Needs(type) ? "same" : type!.Kind switch
        {
            ComponentValueKind.S64 => direction + "S64",
            ComponentValueKind.U64 => direction + "U64",
            _ => direction + type.Number.ToString(CultureInfo.InvariantCulture),
        };
    }

    public GeneratedFile Write(string head)
    {
        IndentingWriter writer = new("  ");
        foreach (PlannedType type in plan.Types.Where(type => Needs(type) && type.Kind is not (ComponentValueKind.S64 or ComponentValueKind.U64)))
        {
            writer.Separate();
            writer.Line($"/** `{type}` */");
            foreach (bool isIn in (bool[])[true, false])
            {
                writer.Line($"export const {Name(type, isIn)} = {Body(type, isIn)};");
            }
        }

        return new GeneratedFile("convert.js", $"{head}\n{Runtime}\nexport {{ inS64, inU64, outS64, outU64 }};\n\n{writer}");
    }

    private string Body(PlannedType type, bool isIn)
    {
        switch (type.Kind)
        {
            case ComponentValueKind.List when type.Length is null && type.Element!.Kind is ComponentValueKind.S64 or ComponentValueKind.U64:
                string array = JsNames.ArrayOf(type.Element!)!;
                string element = Name(type.Element, isIn);
                return isIn ? $"(list) => {array}.from(list, {element})" : $"(list) => (list instanceof {array} ? list : Array.from(list, {element}))";
            case ComponentValueKind.List:
                return $"(list) => Array.from(list, {Name(type.Element, isIn)})";
            case ComponentValueKind.Option when !JsNames.IsTagged(type):
                return $"(value) => (value === null || value === undefined ? null : {Name(type.Cases[1].Type, isIn)}(value))";
            case ComponentValueKind.Tuple:
                IEnumerable<string> items = type.Fields.Select((field, i) => Needs(field.Type) ? $"{Name(field.Type, isIn)}(items[{i}])" : $"items[{i}]");
                return $"(items) => [{string.Join(", ", items)}]";
            case ComponentValueKind.Record:
                IEnumerable<string> fields = type.Fields.Where(field => Needs(field.Type))
                    .Select(field => $"{Identifiers.Camel(field.Name)}: {Name(field.Type, isIn)}(record.{Identifiers.Camel(field.Name)})");
                return $"(record) => ({{ ...record, {string.Join(", ", fields)} }})";
            default:
                IEnumerable<string> cases = type.Cases.Where(item => Needs(item.Type)).Select(item => $"'{item.Name}': {Name(item.Type, isIn)}");
                return $"convertCase({{ {string.Join(", ", cases)} }})";
        }
    }
}
