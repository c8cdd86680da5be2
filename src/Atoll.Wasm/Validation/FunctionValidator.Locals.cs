namespace Atoll.Wasm.Validation;

/// <summary>Locals without a default value, which must be set before they are read (specification, "Instruction Sequences").</summary>
internal ref partial struct FunctionValidator
{
    private void ResetSetLocals(FunctionType type)
    {
        _isSet.Clear();
        _setLocals.Clear();
        _parameterCount = type.Parameters.Length;
    }

    private readonly void CheckIsSet(int local)
    {
        if (_locals.HasUndefaultable && local >= _parameterCount && !new ValueType(_locals[local]).IsDefaultable && !_isSet.Contains(local))
        {
            throw Invalid($"uninitialized local {local}");
        }
    }

    private readonly void NoteSet(int local)
    {
        if (_locals.HasUndefaultable && local >= _parameterCount && !new ValueType(_locals[local]).IsDefaultable && _isSet.Add(local))
        {
            _setLocals.Add(local);
        }
    }

    /// <summary>At the end of a block: what was set inside of it does not count behind it.</summary>
    private readonly void ForgetSetLocals(int height)
    {
        while (_setLocals.Count > height)
        {
            _isSet.Remove(_setLocals[^1]);
            _setLocals.RemoveAt(_setLocals.Count - 1);
        }
    }
}
