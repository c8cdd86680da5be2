using Atoll.Components;
using Atoll.Wasi.Preview2.Io;
using Atoll.Wasm;

namespace Atoll.Wasi.Preview2.Cli;

/// <summary><c>wasi:cli/terminal-input.terminal-input</c>. There are none: a guest need not know that somebody watches.</summary>
internal sealed class TerminalInput(WasiContext context) : WasiResource(context);

/// <summary><c>wasi:cli/terminal-output.terminal-output</c>. There are none.</summary>
internal sealed class TerminalOutput(WasiContext context) : WasiResource(context);

/// <summary>The functions of the package <c>wasi:cli</c>.</summary>
internal static class CliHost
{
    public static void AddTo(ComponentLinker linker)
    {
        ComponentLinkerInstance environment = linker.Instance(WasiHost.Name("cli/environment"));
        environment.DefineFunction("get-environment", (ComponentCaller caller) => WasiHost.Context(caller).Environment.ToArray());
        environment.DefineFunction("get-arguments", (ComponentCaller caller) => WasiHost.Context(caller).Arguments.ToArray());
        environment.DefineFunction("initial-cwd", (ComponentCaller caller) => (string?)null);

        ComponentLinkerInstance exit = linker.Instance(WasiHost.Name("cli/exit"));
        exit.DefineFunction("exit", (Result<Unit, Unit> status) => Exit(status.IsError ? 1 : 0));
        exit.DefineFunction("exit-with-code", (byte code) => Exit(code));

        linker.Instance(WasiHost.Name("cli/stdin"))
            .DefineFunction("get-stdin", InputStream (ComponentCaller caller) => new StandardInputStream(WasiHost.Context(caller), WasiHost.Context(caller).Stream(0)));
        linker.Instance(WasiHost.Name("cli/stdout")).DefineFunction("get-stdout", (ComponentCaller caller) => Output(caller, 1));
        linker.Instance(WasiHost.Name("cli/stderr")).DefineFunction("get-stderr", (ComponentCaller caller) => Output(caller, 2));

        linker.Instance(WasiHost.Name("cli/terminal-input")).DefineResource<TerminalInput>("terminal-input", resource => resource.Drop());
        linker.Instance(WasiHost.Name("cli/terminal-output")).DefineResource<TerminalOutput>("terminal-output", resource => resource.Drop());
        linker.Instance(WasiHost.Name("cli/terminal-stdin")).DefineFunction("get-terminal-stdin", TerminalInput? () => null);
        linker.Instance(WasiHost.Name("cli/terminal-stdout")).DefineFunction("get-terminal-stdout", TerminalOutput? () => null);
        linker.Instance(WasiHost.Name("cli/terminal-stderr")).DefineFunction("get-terminal-stderr", TerminalOutput? () => null);
    }

    private static void Exit(int code) => throw new GuestExitException(code);

    private static OutputStream Output(ComponentCaller caller, int number) => new StandardOutputStream(WasiHost.Context(caller), WasiHost.Context(caller).Stream(number));
}
