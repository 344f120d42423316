// SPDX-License-Identifier: Apache-2.0
/// \file
/// Emulates what CUDA adds to C++: qualifiers, grid dimensions, and small vector types.
/// `__shared__` and `__constant__` are omitted on purpose: shared memory is requested at launch.
#pragma once

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __grid_constant__
#define __align__(n) __attribute__((aligned(n)))

/// Defined when code runs emulated; for tests only.
#define COCO_EMULATED 1

// Vectors of two or four numbers, aligned as the device requires for one wide access.
#define COCO_EMULATE_VECTORS(T, name, pair, quadruple)                 \
    struct name##1 {                                                   \
        T x;                                                           \
    };                                                                 \
    struct alignas(pair) name##2 {                                     \
        T x, y;                                                        \
    };                                                                 \
    struct name##3 {                                                   \
        T x, y, z;                                                     \
    };                                                                 \
    struct alignas(quadruple) name##4 {                                \
        T x, y, z, w;                                                  \
    };                                                                 \
    inline name##1 make_##name##1(T x) { return {x}; }                 \
    inline name##2 make_##name##2(T x, T y) { return {x, y}; }         \
    inline name##3 make_##name##3(T x, T y, T z) { return {x, y, z}; } \
    inline name##4 make_##name##4(T x, T y, T z, T w) { return {x, y, z, w}; }

COCO_EMULATE_VECTORS(signed char, char, 2, 4)
COCO_EMULATE_VECTORS(unsigned char, uchar, 2, 4)
COCO_EMULATE_VECTORS(short, short, 4, 8)
COCO_EMULATE_VECTORS(unsigned short, ushort, 4, 8)
COCO_EMULATE_VECTORS(int, int, 8, 16)
COCO_EMULATE_VECTORS(unsigned, uint, 8, 16)
COCO_EMULATE_VECTORS(long, long, 16, 16)
COCO_EMULATE_VECTORS(unsigned long, ulong, 16, 16)
COCO_EMULATE_VECTORS(long long, longlong, 16, 16)
COCO_EMULATE_VECTORS(unsigned long long, ulonglong, 16, 16)
COCO_EMULATE_VECTORS(float, float, 8, 16)
COCO_EMULATE_VECTORS(double, double, 16, 16)
#undef COCO_EMULATE_VECTORS

// Vectors of four 8-byte numbers also have types that are named by their alignment.
#define COCO_EMULATE_WIDE(T, name)   \
    struct alignas(16) name##4_16a { \
        T x, y, z, w;                \
    };                               \
    struct alignas(32) name##4_32a { \
        T x, y, z, w;                \
    };
COCO_EMULATE_WIDE(long, long)
COCO_EMULATE_WIDE(unsigned long, ulong)
COCO_EMULATE_WIDE(long long, longlong)
COCO_EMULATE_WIDE(unsigned long long, ulonglong)
COCO_EMULATE_WIDE(double, double)
#undef COCO_EMULATE_WIDE

/// Threads in a block, or blocks in a grid.
struct dim3 {
    unsigned x = 1, y = 1, z = 1;
    constexpr dim3() = default;
    // NOLINTNEXTLINE(google-explicit-constructor): as the real one.
    constexpr dim3(unsigned along_x, unsigned along_y = 1, unsigned along_z = 1)
        : x(along_x), y(along_y), z(along_z) {}
    // NOLINTNEXTLINE(google-explicit-constructor)
    constexpr dim3(uint3 sizes) : x(sizes.x), y(sizes.y), z(sizes.z) {}
};

inline constexpr int warpSize = 32;

/// Index of the running thread; set again at every switch.
inline constinit thread_local uint3 threadIdx{};
inline constinit thread_local uint3 blockIdx{};
inline constinit thread_local dim3 blockDim{};
inline constinit thread_local dim3 gridDim{};
