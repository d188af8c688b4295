using System.Collections.Concurrent;

namespace HubSpotMessaging.Emulator;

/// <summary>Definitions by key (accounts, workflows, templates ...): what an administrator of HubSpot would have set up.</summary>
internal abstract class Registry<TKey, TValue>(IEnumerable<TValue> initial, Func<TValue, TKey> keyOf) : IResettable
    where TKey : notnull
    where TValue : class
{
    private readonly TValue[] _initial = [.. initial];
    private readonly ConcurrentDictionary<TKey, TValue> _values = new(
        initial.GroupBy(keyOf).Select(same => KeyValuePair.Create(same.Key, same.Last())));

    public IReadOnlyList<TValue> All => [.. _values.OrderBy(entry => entry.Key).Select(entry => entry.Value)];

    public TValue? Find(TKey key) => _values.GetValueOrDefault(key);

    public void Put(TValue value) => _values[keyOf(value)] = value;

    public void Reset()
    {
        _values.Clear();
        foreach (var value in _initial) Put(value);
    }
}
