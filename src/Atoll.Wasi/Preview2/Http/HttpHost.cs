using Atoll.Components;
using Atoll.Wasi.Preview2.Io;

namespace Atoll.Wasi.Preview2.Http;

/// <summary>The functions of the package <c>wasi:http</c>.</summary>
internal static class HttpHost
{
    public static void AddTo(ComponentLinker linker)
    {
        ComponentLinkerInstance types = linker.Instance(WasiHost.Name("http/types"));
        types.DefineFunction("http-error-code", (IoError error) => error.Code as ErrorCode);
        AddFields(types);
        AddIncoming(types);
        AddOutgoingRequest(types);
        AddOutgoingResponse(types);
        linker.Instance(WasiHost.Name("http/outgoing-handler")).DefineFunction(
            "handle", (ComponentCaller caller, OutgoingRequest request, RequestOptions? options) => OutgoingHttp.Handle(WasiHost.Context(caller), request, options));
    }

    private static void AddFields(ComponentLinkerInstance types)
    {
        void Add(string name, Delegate function) => types.DefineFunction($"[method]fields.{name}", function);

        types.DefineResource<Fields>("fields", resource => resource.Drop());
        types.DefineFunction("[constructor]fields", (ComponentCaller caller) => new Fields(WasiHost.Context(caller), new FieldList()));
        types.DefineFunction("[static]fields.from-list", (ComponentCaller caller, (string, byte[])[] entries) => Fields.FromList(WasiHost.Context(caller), entries));
        Add("get", (Fields self, string name) => self.Get(name));
        Add("has", (Fields self, string name) => self.Has(name));
        Add("set", (Fields self, string name, byte[][] values) => self.Set(name, values));
        Add("delete", (Fields self, string name) => self.Delete(name));
        Add("append", (Fields self, string name, byte[] value) => self.Append(name, value));
        Add("entries", (Fields self) => self.Items.ToArray());
        Add("clone", (Fields self) => self.Clone());
    }

    private static void AddIncoming(ComponentLinkerInstance types)
    {
        types.DefineResource<IncomingRequest>("incoming-request", resource => resource.Drop());
        types.DefineFunction("[method]incoming-request.method", (IncomingRequest self) => self.Method);
        types.DefineFunction("[method]incoming-request.path-with-query", (IncomingRequest self) => self.PathWithQuery);
        types.DefineFunction("[method]incoming-request.scheme", (IncomingRequest self) => self.Scheme);
        types.DefineFunction("[method]incoming-request.authority", (IncomingRequest self) => self.Authority);
        types.DefineFunction("[method]incoming-request.headers", (IncomingRequest self) => self.Headers());
        types.DefineFunction("[method]incoming-request.consume", (IncomingRequest self) => Once(self.Consume()));

        types.DefineResource<IncomingResponse>("incoming-response", resource => resource.Drop());
        types.DefineFunction("[method]incoming-response.status", (IncomingResponse self) => self.Status);
        types.DefineFunction("[method]incoming-response.headers", (IncomingResponse self) => self.Headers());
        types.DefineFunction("[method]incoming-response.consume", (IncomingResponse self) => Once(self.Consume()));

        types.DefineResource<IncomingBody>("incoming-body", resource => resource.Drop());
        types.DefineFunction("[method]incoming-body.stream", (IncomingBody self) => Once(self.Stream()));
        types.DefineFunction("[static]incoming-body.finish", (IncomingBody self) => self.Finish());

        types.DefineResource<FutureTrailers>("future-trailers", resource => resource.Drop());
        types.DefineFunction("[method]future-trailers.subscribe", (FutureTrailers self) => new Pollable(self.Context, self, self));
        types.DefineFunction("[method]future-trailers.get", (FutureTrailers self) => self.Get());

        types.DefineResource<FutureIncomingResponse>("future-incoming-response", resource => resource.Drop());
        types.DefineFunction("[method]future-incoming-response.subscribe", (FutureIncomingResponse self) => new Pollable(self.Context, self, self));
        types.DefineFunction("[method]future-incoming-response.get", (FutureIncomingResponse self) => self.Get());
    }

    private static void AddOutgoingRequest(ComponentLinkerInstance types)
    {
        void Add(string name, Delegate function) => types.DefineFunction($"[method]outgoing-request.{name}", function);
        void Option(string name, Delegate function) => types.DefineFunction($"[method]request-options.{name}", function);

        types.DefineResource<OutgoingRequest>("outgoing-request", resource => resource.Drop());
        types.DefineFunction("[constructor]outgoing-request", (Fields headers) => new OutgoingRequest(headers.Context, headers));
        Add("body", (OutgoingRequest self) => Once(self.Body()));
        Add("method", (OutgoingRequest self) => self.Method);
        Add("set-method", (OutgoingRequest self, Method method) => self.SetMethod(method));
        Add("path-with-query", (OutgoingRequest self) => self.PathWithQuery);
        Add("set-path-with-query", (OutgoingRequest self, string? path) => self.SetPathWithQuery(path));
        Add("scheme", (OutgoingRequest self) => self.Scheme);
        Add("set-scheme", (OutgoingRequest self, Scheme? scheme) => self.SetScheme(scheme));
        Add("authority", (OutgoingRequest self) => self.Authority);
        Add("set-authority", (OutgoingRequest self, string? authority) => self.SetAuthority(authority));
        Add("headers", (OutgoingRequest self) => self.Headers());

        types.DefineResource<RequestOptions>("request-options", resource => resource.Drop());
        types.DefineFunction("[constructor]request-options", (ComponentCaller caller) => new RequestOptions(WasiHost.Context(caller)));
        Option("connect-timeout", (RequestOptions self) => self.ConnectTimeout);
        Option("set-connect-timeout", (RequestOptions self, ulong? duration) => Set(() => self.ConnectTimeout = duration));
        Option("first-byte-timeout", (RequestOptions self) => self.FirstByteTimeout);
        Option("set-first-byte-timeout", (RequestOptions self, ulong? duration) => Set(() => self.FirstByteTimeout = duration));
        Option("between-bytes-timeout", (RequestOptions self) => self.BetweenBytesTimeout);
        Option("set-between-bytes-timeout", (RequestOptions self, ulong? duration) => Set(() => self.BetweenBytesTimeout = duration));
    }

    private static void AddOutgoingResponse(ComponentLinkerInstance types)
    {
        types.DefineResource<OutgoingResponse>("outgoing-response", resource => resource.Drop());
        types.DefineFunction("[constructor]outgoing-response", (Fields headers) => new OutgoingResponse(headers.Context, headers));
        types.DefineFunction("[method]outgoing-response.status-code", (OutgoingResponse self) => self.StatusCode);
        types.DefineFunction("[method]outgoing-response.set-status-code", (OutgoingResponse self, ushort status) => self.SetStatusCode(status));
        types.DefineFunction("[method]outgoing-response.headers", (OutgoingResponse self) => self.Headers());
        types.DefineFunction("[method]outgoing-response.body", (OutgoingResponse self) => Once(self.Body()));

        types.DefineResource<OutgoingBody>("outgoing-body", resource => resource.Drop());
        types.DefineFunction("[method]outgoing-body.write", (OutgoingBody self) => Once(self.Write()));
        types.DefineFunction("[static]outgoing-body.finish", (OutgoingBody self, Fields? trailers) => self.Finish(trailers));

        types.DefineResource<ResponseOutparam>("response-outparam", resource => resource.Drop());
        types.DefineFunction("[static]response-outparam.set", (ResponseOutparam self, Result<OutgoingResponse, ErrorCode> response) => self.Set(response));
    }

    /// <summary>What is given once only.</summary>
    private static Result<T, Unit> Once<T>(T? value)
        where T : class => value is null ? Result<T, Unit>.Fail(default) : Result<T, Unit>.Ok(value);

    private static Result<Unit, Unit> Set(Action set)
    {
        set();
        return Result<Unit, Unit>.Ok(default);
    }
}
