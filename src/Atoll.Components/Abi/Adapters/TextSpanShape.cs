using System.Reflection.Emit;
using System.Text;
using Atoll.Components.Types;

namespace Atoll.Components.Abi.Adapters;

/// <summary>Strings as <see cref="ReadOnlySpan{T}"/>, of characters or of bytes in UTF-8. What the host gives is copied from where it is; what it gets is made for it.</summary>
internal sealed class TextSpanShape(ComponentValueType type, Type clr) : TypedShape(type, clr)
{
    public bool IsUtf8 { get; } = clr == typeof(ReadOnlySpan<byte>);

    public static bool Fits(Type clr) => clr == typeof(ReadOnlySpan<char>) || clr == typeof(ReadOnlySpan<byte>);

    /// <summary>For another .NET value.</summary>
    public override void EmitToString(AdapterEmitter code, LocalBuilder value)
    {
        if (IsUtf8)
        {
            code.Il.Emit(OpCodes.Call, typeof(Encoding).GetProperty(nameof(Encoding.UTF8))!.GetMethod!);
            code.Il.Emit(OpCodes.Ldloc, value);
            code.Il.Emit(OpCodes.Callvirt, typeof(Encoding).GetMethod(nameof(Encoding.GetString), [typeof(ReadOnlySpan<byte>)])!);
        }
        else
        {
            code.Il.Emit(OpCodes.Ldloc, value);
            code.Il.Emit(OpCodes.Newobj, typeof(string).GetConstructor([typeof(ReadOnlySpan<char>)])!);
        }
    }

    public override void EmitFromString(AdapterEmitter code, LocalBuilder target)
    {
        code.Call(typeof(TextSpanShape), IsUtf8 ? nameof(Utf8Of) : nameof(CharactersOf));
        code.Il.Emit(OpCodes.Stloc, target);
    }

    internal static ReadOnlySpan<char> CharactersOf(string text) => text;

    internal static ReadOnlySpan<byte> Utf8Of(string text) => Encoding.UTF8.GetBytes(text);
}
