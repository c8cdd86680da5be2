using Atoll.Components;

namespace Atoll.Wasi.Preview2.Io;

/// <summary>The functions of the package <c>wasi:io</c>.</summary>
internal static class IoHost
{
    public static void AddTo(ComponentLinker linker)
    {
        ComponentLinkerInstance error = linker.Instance(WasiHost.Name("io/error"));
        error.DefineResource<IoError>("error", resource => resource.Drop());
        error.DefineFunction("[method]error.to-debug-string", (IoError self) => self.Text);

        ComponentLinkerInstance poll = linker.Instance(WasiHost.Name("io/poll"));
        poll.DefineResource<Pollable>("pollable", resource => resource.Drop());
        poll.DefineFunction("[method]pollable.ready", (Pollable self) => self.Target.IsReady());
        poll.DefineFunction("[method]pollable.block", (ComponentCaller caller, Pollable self) => Pollable.Wait(caller, self.Context, self.Target));
        poll.DefineFunction("poll", (ComponentCaller caller, Pollable[] pollables) => Pollable.Poll(caller, WasiHost.Context(caller), pollables));

        ComponentLinkerInstance streams = linker.Instance(WasiHost.Name("io/streams"));
        AddInput(streams);
        AddOutput(streams);
    }

    private static void AddInput(ComponentLinkerInstance streams)
    {
        void Add(string name, Delegate function) => streams.DefineFunction($"[method]input-stream.{name}", function);

        streams.DefineResource<InputStream>("input-stream", resource => resource.Drop());
        Add("read", (InputStream self, ulong length) => self.Read(length));
        Add("blocking-read", (ComponentCaller caller, InputStream self, ulong length) =>
        {
            Pollable.Wait(caller, self.Context, self);
            return self.Read(length);
        });
        Add("skip", (InputStream self, ulong length) => self.Skip(length));
        Add("blocking-skip", (ComponentCaller caller, InputStream self, ulong length) =>
        {
            Pollable.Wait(caller, self.Context, self);
            return self.Skip(length);
        });
        Add("subscribe", (InputStream self) => new Pollable(self.Context, self, self));
    }

    private static void AddOutput(ComponentLinkerInstance streams)
    {
        void Add(string name, Delegate function) => streams.DefineFunction($"[method]output-stream.{name}", function);

        streams.DefineResource<OutputStream>("output-stream", resource => resource.Drop());
        Add("check-write", (OutputStream self) => self.CheckWrite());
        Add("write", (OutputStream self, byte[] contents) => Outcome(self.Write(contents)));
        Add("blocking-write-and-flush", (ComponentCaller caller, OutputStream self, byte[] contents) => Outcome(self.WriteAndFlush(caller, contents)));
        Add("flush", (OutputStream self) => Outcome(self.Flush()));
        Add("blocking-flush", (ComponentCaller caller, OutputStream self) => Outcome(self.Flush(caller)));
        Add("subscribe", (OutputStream self) => new Pollable(self.Context, self, self));
        Add("write-zeroes", (OutputStream self, ulong length) => Outcome(self.WriteZeroes(length)));
        Add("blocking-write-zeroes-and-flush", (ComponentCaller caller, OutputStream self, ulong length) => Outcome(self.WriteZeroesAndFlush(caller, length)));
        Add("splice", (OutputStream self, InputStream source, ulong length) => self.Splice(source, length));
        Add("blocking-splice", (ComponentCaller caller, OutputStream self, InputStream source, ulong length) => self.BlockingSplice(caller, source, length));
    }

    private static Result<Unit, StreamError> Outcome(StreamError? error) =>
        error is null ? Result<Unit, StreamError>.Ok(default) : Result<Unit, StreamError>.Fail(error);
}
