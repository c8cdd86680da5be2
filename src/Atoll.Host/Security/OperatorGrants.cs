using System.Collections.Immutable;
using System.Security.Cryptography;
using Atoll.Host.Configuration;

namespace Atoll.Host.Security;

/// <summary>
/// What the operator granted while the server runs. Only the operator's own channel adds to it: neither a guest, nor a client, nor a file
/// of the workspace can. Thread-safe.
/// </summary>
internal sealed class OperatorGrants
{
    private const int MaxGrants = 256;
    private readonly Lock _lock = new();
    private readonly GrantFile? _file;
    private ImmutableArray<OperatorGrant> _standing = [];
    private ImmutableArray<OperatorGrant> _once = [];

    /// <summary>Makes an empty set.</summary>
    /// <param name="file">Keeps what is granted for always; null when nothing can be.</param>
    public OperatorGrants(GrantFile? file = null)
    {
        _file = file;
        _standing = file?.Read() ?? [];
    }

    /// <summary>Whether grants for always can be kept.</summary>
    public bool CanKeep => _file is not null;

    /// <summary>Whether a grant would let a tool write the file with the grants.</summary>
    public bool OpensFile(FolderGrant folder) => _file?.Opens(folder) == true;

    /// <summary>The grants that hold for more than one call. The array is replaced when they change, so that it can be a key.</summary>
    public ImmutableArray<OperatorGrant> Standing
    {
        get
        {
            lock (_lock)
            {
                return _standing;
            }
        }
    }

    /// <summary>All of them.</summary>
    public ImmutableArray<OperatorGrant> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _standing, .. _once];
            }
        }
    }

    /// <summary>Adds a grant that the operator gave.</summary>
    /// <exception cref="ConfigurationException">There are too many, or it cannot be kept.</exception>
    public OperatorGrant Add(string tool, GrantTarget target, GrantScope scope, string? program)
    {
        var grant = new OperatorGrant(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6)), tool, target, scope) { Program = program };
        lock (_lock)
        {
            if (_standing.Length + _once.Length >= MaxGrants)
            {
                throw new ConfigurationException($"There are {MaxGrants} grants already. Revoke some, or grant a folder in the configuration.");
            }

            if (scope == GrantScope.Once)
            {
                _once = _once.Add(grant);
                return grant;
            }

            if (_standing.FirstOrDefault(g => g.Tool == tool && g.Target == target && g.Scope == scope && g.Program == program) is { } same)
            {
                return same;
            }

            var standing = _standing.Add(grant);
            Keep(scope, standing);
            _standing = standing;
        }

        return grant;
    }

    /// <summary>Takes a grant back.</summary>
    /// <returns>The grant; null when there is none with that id.</returns>
    public OperatorGrant? Revoke(string id)
    {
        lock (_lock)
        {
            if (_once.FirstOrDefault(g => g.Id == id) is { } once)
            {
                _once = _once.Remove(once);
                return once;
            }

            if (_standing.FirstOrDefault(g => g.Id == id) is not { } grant)
            {
                return null;
            }

            var standing = _standing.Remove(grant);
            Keep(grant.Scope, standing);
            _standing = standing;
            return grant;
        }
    }

    /// <summary>Takes the grants that hold for one call of the tool only; afterwards they are used up.</summary>
    public ImmutableArray<OperatorGrant> TakeOnce(string tool)
    {
        lock (_lock)
        {
            if (_once.IsEmpty)
            {
                return [];
            }

            var taken = _once.Where(g => g.Tool == tool).ToImmutableArray();
            _once = taken.IsEmpty ? _once : _once.RemoveRange(taken);
            return taken;
        }
    }

    private void Keep(GrantScope scope, ImmutableArray<OperatorGrant> standing)
    {
        if (scope != GrantScope.Always)
        {
            return;
        }

        if (_file is null)
        {
            throw new ConfigurationException("This server keeps no grants: grant it for the session, or write it into the configuration.");
        }

        _file.Write([.. standing.Where(g => g.Scope == GrantScope.Always)]);
    }
}
