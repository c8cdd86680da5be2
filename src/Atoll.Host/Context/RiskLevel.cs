namespace Atoll.Host.Context;

/// <summary>How risky the work is that a call belongs to. A call can only raise what the operator set.</summary>
internal enum RiskLevel
{
    Low,
    Medium,
    High,
}
