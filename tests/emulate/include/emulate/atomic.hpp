// SPDX-License-Identifier: Apache-2.0
/// \file
/// Emulates atomic operations and fences. They are relaxed, as on the device: an atomic orders no other
/// access.
#pragma once

#include <concepts>
#include <cstring>
#include <type_traits>

namespace emulate {

/// Atomically *at = change(*at); returns the old value.
template <class T, class Change>
T exchange_with(T* at, const Change& change) {
    T before;
    __atomic_load(at, &before, __ATOMIC_RELAXED);
    for (;;) {
        T after = change(before);
        if (__atomic_compare_exchange(at, &before, &after, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            return before;
    }
}

template <class T>
concept Number = std::is_arithmetic_v<T>;

}  // namespace emulate

template <emulate::Number T>
T atomicAdd(T* at, std::type_identity_t<T> x) {
    return emulate::exchange_with(at, [=](T before) { return static_cast<T>(before + x); });
}
template <std::integral T>
T atomicSub(T* at, std::type_identity_t<T> x) {
    return emulate::exchange_with(at, [=](T before) { return static_cast<T>(before - x); });
}
template <std::integral T>
T atomicMax(T* at, std::type_identity_t<T> x) {
    return emulate::exchange_with(at, [=](T before) { return x > before ? x : before; });
}
template <std::integral T>
T atomicMin(T* at, std::type_identity_t<T> x) {
    return emulate::exchange_with(at, [=](T before) { return x < before ? x : before; });
}
template <std::integral T>
T atomicOr(T* at, std::type_identity_t<T> x) {
    return emulate::exchange_with(at, [=](T before) { return static_cast<T>(before | x); });
}
template <std::integral T>
T atomicAnd(T* at, std::type_identity_t<T> x) {
    return emulate::exchange_with(at, [=](T before) { return static_cast<T>(before & x); });
}
template <emulate::Number T>
T atomicExch(T* at, std::type_identity_t<T> x) {
    return emulate::exchange_with(at, [=](T) { return x; });
}
template <std::integral T>
T atomicCAS(T* at, std::type_identity_t<T> expected, std::type_identity_t<T> x) {
    return emulate::exchange_with(at, [=](T before) { return before == expected ? x : before; });
}

inline void __threadfence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
inline void __threadfence_block() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
