using System.IO.Pipelines;
using Atoll.Components;

namespace Atoll.Wasi.Preview2.Http;

/// <summary>One request from outside that a guest answers; a server derives from it.</summary>
/// <remarks>Used on the thread of the guest until the call of its handler ends.</remarks>
internal abstract class HttpExchange : IOutgoing
{
    private OutgoingBody? _content;

    /// <summary>As it stands in the request.</summary>
    public abstract string Method { get; }

    public abstract string? Scheme { get; }

    public abstract string? Authority { get; }

    public abstract string? PathWithQuery { get; }

    /// <summary>The request's headers without those that are the host's.</summary>
    public abstract FieldList Headers { get; }

    /// <summary>The request's body.</summary>
    public abstract Incoming Incoming { get; }

    /// <inheritdoc/>
    public abstract PipeWriter Body { get; }

    /// <inheritdoc/>
    public bool MayBeEmpty { get; private set; }

    /// <summary>Whether the guest has said what the answer is.</summary>
    public bool IsAnswered { get; private set; }

    /// <summary>Whether the answer is whole.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>Whether who reads the answer has all of it, though the guest may not have said so yet.</summary>
    public bool IsWhole => IsFinished || _content is { HasWholeLength: true };

    /// <summary>Why the guest could not answer, if it said so.</summary>
    public ErrorCode? Failure { get; private set; }

    /// <summary>The flush of the answer that is under way.</summary>
    public Task? Flushing => _content?.Flushing;

    /// <summary>Bytes of the answer's body that the guest has written, sent or not.</summary>
    protected ulong Written => _content?.Written ?? 0;

    /// <summary>The guest's answer begins.</summary>
    public void Begin(ushort status, FieldList headers, OutgoingBody? content)
    {
        IsAnswered = true;
        if (!headers.TryGetLength(out _))
        {
            Failure = new ErrorCode.HttpProtocolError();
            return;
        }

        MayBeEmpty = Method == "HEAD" || status == 304;
        Start(status, headers);
        _content = content;
        if (content is null)
        {
            Finish(null);
        }
        else
        {
            content.Attach(this);
        }
    }

    /// <summary>The guest cannot answer.</summary>
    public void Fail(ErrorCode code)
    {
        IsAnswered = true;
        Failure = code;
    }

    /// <inheritdoc/>
    public void Finish(FieldList? trailers)
    {
        IsFinished = true;
        if (trailers is not null)
        {
            End(trailers);
        }
    }

    /// <inheritdoc/>
    public void Abort() => IsFinished = false;

    /// <summary>Sets status and headers; they are sent with the first bytes of the body.</summary>
    protected abstract void Start(ushort status, FieldList headers);

    /// <summary>Adds trailers, where the protocol has them.</summary>
    protected abstract void End(FieldList trailers);
}

/// <summary>Components that answer requests: those that export <c>wasi:http/incoming-handler</c>.</summary>
internal static class IncomingHandler
{
    private const string Interface = "wasi:http/incoming-handler@0.2.0";

    /// <summary>The name of the function that answers requests; null when the component has none.</summary>
    public static string? Find(Component component) => component.Type.FindExport(Interface) is { } handler ? $"{handler.Name}#handle" : null;

    /// <summary>Has an instance answer a request, on the calling thread; its store has the context as state.</summary>
    /// <exception cref="ArgumentException">The function is of another type.</exception>
    public static void Handle(ComponentInstance instance, string name, WasiContext context, HttpExchange exchange)
    {
        ComponentFunction function = instance.GetFunction(name) ?? throw new ArgumentException($"there is no function {name}");
        function.ToDelegate<Action<IncomingRequest, ResponseOutparam>>()(new IncomingRequest(context, exchange), new ResponseOutparam(context, exchange));
    }
}
