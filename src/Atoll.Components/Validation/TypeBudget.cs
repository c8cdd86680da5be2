namespace Atoll.Components.Validation;

/// <summary>Counts the steps of comparing and copying types: a few bytes can ask for a type to be copied a thousand times.</summary>
internal sealed class TypeBudget
{
    private readonly int _limit;
    private int _left;

    public TypeBudget(int limit)
    {
        _limit = limit;
        _left = limit;
    }

    /// <summary>Where the definition stands that is being looked at, for the error.</summary>
    public int Offset { get; set; }

    /// <exception cref="InvalidComponentException">The limit is reached.</exception>
    public void Spend(int steps = 1)
    {
        if (steps > _left)
        {
            throw new InvalidComponentException($"the types of the component take more than {_limit} steps to check, which is the limit", Offset);
        }

        _left -= steps;
    }
}
