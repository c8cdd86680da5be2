namespace Atoll.Wasm.Caching.Tests;

/// <summary>A folder for one test, and modules to compile.</summary>
internal sealed class CacheFolder : IDisposable
{
    public const string Adder = """
        (module (memory 1) (global $g (mut i32) (i32.const 0)) (data (i32.const 0) "\05")
          (func $add (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
          (func (export "run") (param $n i32) (result i32) (local $sum i32)
            (loop (local.set $sum (call $add (local.get $sum) (local.get $n)))
              (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
            (global.set $g (i32.add (global.get $g) (i32.load8_u (i32.const 0))))
            (i32.add (local.get $sum) (global.get $g)))
          (func (export "divide") (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0))))
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("atoll-cache-");

    public string Path => System.IO.Path.Combine(_folder.FullName, "code");

    public string KeyPath => System.IO.Path.Combine(_folder.FullName, "key");

    public DiskCodeCache Open(long maxBytes = long.MaxValue) => new(new DiskCodeCacheOptions { Directory = Path, KeyDirectory = KeyPath, MaxBytes = maxBytes });

    public string FileOf(string key) => System.IO.Path.Combine(Path, key + ".code");

    public void Dispose() => _folder.Delete(recursive: true);
}

/// <summary>A cache that says what was found in it.</summary>
internal sealed class Spy(ICodeCache cache) : ICodeCache
{
    public int Asked { get; private set; }

    public int Found { get; private set; }

    public ICachedCode? Find(string key)
    {
        Asked++;
        ICachedCode? code = cache.Find(key);
        Found += code is null ? 0 : 1;
        return code;
    }
}
