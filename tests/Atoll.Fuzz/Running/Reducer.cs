namespace Atoll.Fuzz.Running;

/// <summary>Makes a list of decisions smaller while what is made of it still goes wrong.</summary>
internal static class Reducer
{
    /// <summary>Leaves parts of the list out, then sets parts to zero, in smaller and smaller parts.</summary>
    /// <param name="choices">The decisions.</param>
    /// <param name="fails">Whether the case made of some decisions still goes wrong.</param>
    /// <param name="attempts">How often that may be asked.</param>
    public static uint[] Reduce(uint[] choices, Func<uint[], bool> fails, int attempts = 3000)
    {
        bool progress = true;
        while (progress && attempts > 0)
        {
            progress = false;
            for (int size = Math.Max(1, choices.Length / 2); size >= 1 && attempts > 0; size /= 2)
            {
                for (int start = 0; start < choices.Length && attempts > 0;)
                {
                    int end = Math.Min(start + size, choices.Length);
                    attempts -= 2;
                    if (Try([.. choices[..start], .. choices[end..]]))
                    {
                        continue;
                    }

                    if (choices.AsSpan(start, end - start).ContainsAnyExcept(0u))
                    {
                        Try([.. choices[..start], .. new uint[end - start], .. choices[end..]]);
                    }

                    start = end;
                }
            }
        }

        return choices;

        bool Try(uint[] candidate)
        {
            if (!fails(candidate))
            {
                return false;
            }

            choices = candidate;
            progress = true;
            return true;
        }
    }
}
