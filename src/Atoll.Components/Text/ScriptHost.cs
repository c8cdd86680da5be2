using Atoll.Wasm;

namespace Atoll.Components.Text;

/// <summary>What scripts may import, as the runner of one of the suites provides it.</summary>
internal static class ScriptHost
{
    public static void Define(ComponentLinker linker, WasmEngine engine)
    {
        linker.DefineFunction("host-return-two", _ => ComponentValue.U32(2));
        ComponentLinkerInstance host = linker.Instance("host");
        host.DefineFunction("return-three", _ => ComponentValue.U32(3));
        host.Instance("nested").DefineFunction("return-four", _ => ComponentValue.U32(4));
        host.DefineModule("simple-module", engine.LoadModule(WatModule()));
        uint drops = 0;
        uint? last = null;
        HostResourceType first = host.DefineResource("resource1", value =>
        {
            drops++;
            last = (uint)value;
        });
        host.DefineResource("resource2");
        host.DefineAlias("resource1-again", "resource1");
        host.DefineFunction("[constructor]resource1", arguments => ComponentValue.Own(first.New((uint)arguments[0].AsUInt64())));
        host.DefineFunction("[static]resource1.assert", arguments =>
        {
            ComponentResource resource = arguments[0].AsResource();
            Check(resource, arguments[1]);
            resource.Dispose();
            return null;
        });
        host.DefineFunction("[static]resource1.last-drop", _ => ComponentValue.U32(last!.Value));
        host.DefineFunction("[static]resource1.drops", _ => ComponentValue.U32(drops));
        host.DefineFunction("[method]resource1.simple", arguments =>
        {
            Check(arguments[0].AsResource(), arguments[1]);
            return null;
        });
        host.DefineFunction("[method]resource1.take-borrow", _ => null);
        host.DefineFunction("[method]resource1.take-own", arguments =>
        {
            arguments[1].AsResource().Dispose();
            return null;
        });
    }

    private static void Check(ComponentResource resource, ComponentValue expected)
    {
        if ((uint)resource.Object! != expected.AsUInt64())
        {
            throw new InvalidOperationException($"the resource stands for {resource.Object}, not {expected.AsUInt64()}");
        }
    }

    private static byte[] WatModule() => Wasm.Text.WatText.ToBinary(
        "(module (func (export \"f\") (result i32) i32.const 101) (global (export \"g\") i32 i32.const 100))"u8.ToArray());
}
