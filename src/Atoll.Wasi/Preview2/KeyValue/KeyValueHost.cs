using Atoll.Components;

namespace Atoll.Wasi.Preview2.KeyValue;

/// <summary>The functions of the package <c>wasi:keyvalue</c>, without the interface <c>watcher</c>, which guests export.</summary>
internal static class KeyValueHost
{
    /// <summary>A version before a release serves imports of exactly this version.</summary>
    private const string Version = "0.2.0-draft";

    public static void AddTo(ComponentLinker linker)
    {
        ComponentLinkerInstance store = linker.Instance($"wasi:keyvalue/store@{Version}");
        store.DefineResource<Bucket>("bucket", resource => resource.Drop());
        store.DefineFunction("open", (ComponentCaller caller, string identifier) => Bucket.Open(WasiHost.Context(caller), identifier));
        store.DefineFunction("[method]bucket.get", (ComponentCaller caller, Bucket self, string key) => self.Get(caller, key));
        store.DefineFunction(
            "[method]bucket.set", (ComponentCaller caller, Bucket self, string key, ReadOnlyMemory<byte> value) => self.Set(caller, key, value));
        store.DefineFunction("[method]bucket.delete", (ComponentCaller caller, Bucket self, string key) => self.Delete(caller, key));
        store.DefineFunction("[method]bucket.exists", (ComponentCaller caller, Bucket self, string key) => self.Exists(caller, key));
        store.DefineFunction("[method]bucket.list-keys", (ComponentCaller caller, Bucket self, ulong? cursor) => self.ListKeys(caller, cursor));

        linker.Instance($"wasi:keyvalue/atomics@{Version}")
            .DefineFunction("increment", (ComponentCaller caller, Bucket bucket, string key, ulong delta) => bucket.Increment(caller, key, delta));

        linker.Instance($"wasi:keyvalue/batch@{Version}")
            .DefineFunction("get-many", (ComponentCaller caller, Bucket bucket, string[] keys) => bucket.GetMany(caller, keys))
            .DefineFunction("set-many", (ComponentCaller caller, Bucket bucket, (string, ReadOnlyMemory<byte>)[] items) => bucket.SetMany(caller, items))
            .DefineFunction("delete-many", (ComponentCaller caller, Bucket bucket, string[] keys) => bucket.DeleteMany(caller, keys));
    }
}
