// SPDX-License-Identifier: Apache-2.0
/// \file
/// What an optimiser asks of the device: the sum of squares for the clip, without the host in between, and
/// AdamW over one range in one launch.
#pragma once

#include <algorithm>
#include <cmath>

#include <coco/cuda/device.cuh>
#include <coco/cuda/memory.cuh>
#include <coco/cuda/together.cuh>
#include <coco/exec/skills.hpp>
#include <coco/store/view.hpp>

namespace coco {

namespace cuda {

/// Constants of one step in the policy's scalars, as the host rounds them.
template <class T>
struct AdamWNumbers {
    T beta1, beta2, rest1, rest2, shrink, move, root, epsilon;

    explicit AdamWNumbers(const AdamWStep& s)
        : beta1(static_cast<T>(s.beta1)),
          beta2(static_cast<T>(s.beta2)),
          rest1(static_cast<T>(1 - s.beta1)),
          rest2(static_cast<T>(1 - s.beta2)),
          shrink(static_cast<T>(1 - s.rate * s.decay)),
          move(static_cast<T>(s.rate / (1 - std::pow(s.beta1, static_cast<double>(s.step))))),
          root(static_cast<T>(1 / std::sqrt(1 - std::pow(s.beta2, static_cast<double>(s.step))))),
          epsilon(static_cast<T>(s.epsilon)) {}

    __device__ void step(T gradient, T clip, T& value, T& first, T& second) const {
        const T clipped = clip * gradient;
        first = beta1 * first + (rest1 * clip) * gradient;
        second = beta2 * second + rest2 * (clipped * clipped);
        value = shrink * value - move * first / (std::sqrt(second) * root + epsilon);
    }
};

}  // namespace cuda

namespace kernel {

/// Each block's sum of squares, in double. Threads stride over the whole list.
template <class T>
__global__ void square_sums(const T* x, Index size, double* partial) {
    const Index step = static_cast<Index>(gridDim.x) * blockDim.x;
    double sum = 0;
    for (Index i = static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x; i < size; i += step) {
        const double value = static_cast<double>(x[i]);
        sum += value * value;
    }
    sum = cuda::block_sum(sum, cuda::shared<double>());
    if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

/// *sum += all of them, by one block.
template <class T>
__global__ void add_sums(const double* partial, Index count, T* sum) {
    double all = 0;
    for (Index i = threadIdx.x; i < count; i += blockDim.x) all += partial[i];
    all = cuda::block_sum(all, cuda::shared<double>());
    if (threadIdx.x == 0) *sum += static_cast<T>(all);
}

/// One AdamW step: `packs` packs, then single elements to the end.
template <class T, class Pack>
__global__ void adamw(const cuda::AdamWNumbers<T> numbers, T* value, const T* gradient, T* first, T* second,
                      Index packs, Index size, const T* scale) {
    constexpr Index each = sizeof(Pack) / sizeof(T);
    const Index i = static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x;
    const T clip = scale ? *scale : T(1);
    if (i < packs) {
        const Pack g = reinterpret_cast<const Pack*>(gradient)[i];
        Pack x = reinterpret_cast<Pack*>(value)[i], m = reinterpret_cast<Pack*>(first)[i],
             v = reinterpret_cast<Pack*>(second)[i];
        for (Index k = 0; k < each; ++k) numbers.step(g.at[k], clip, x.at[k], m.at[k], v.at[k]);
        reinterpret_cast<Pack*>(value)[i] = x;
        reinterpret_cast<Pack*>(first)[i] = m;
        reinterpret_cast<Pack*>(second)[i] = v;
    } else if (const Index j = packs * (each - 1) + i; j < size) {
        numbers.step(gradient[j], clip, value[j], first[j], second[j]);
    }
}

}  // namespace kernel

namespace cuda {

/// *sum += sum of squares of x, added up in double.
template <class T>
void norm(Device& device, List<const T, space::Device> x, T* sum) {
    if (x.size == 0) return;
    // Few enough for one block to join, enough to fill any GPU.
    constexpr Index a_thread = 8, most = 1024;
    const Index blocks =
        std::clamp<Index>((x.size + a_thread * block_threads - 1) / (a_thread * block_threads), 1, most);
    constexpr std::size_t room = sizeof(double) * (block_threads / warp_size);
    const Scratch scratch(device);
    double* const partial = scratch.take<double>(blocks);
    launch(device.stream(), kernel::square_sums<T>, dim3(static_cast<unsigned>(blocks)), dim3(block_threads),
           room, x.data, x.size, partial);
    launch(device.stream(), kernel::add_sums<T>, dim3(1), dim3(block_threads), room,
           static_cast<const double*>(partial), blocks, sum);
}

/// One AdamW step (Loshchilov and Hutter, ICLR 2019, algorithm 2) over a range. The gradient is multiplied by
/// *scale first, where scale is not null.
template <class T>
void update(Device& device, const AdamWStep& step, List<T, space::Device> value,
            List<const T, space::Device> gradient, List<T, space::Device> first,
            List<T, space::Device> second, const T* scale) {
    if (value.size == 0) return;
    constexpr Index each = sizeof(Pack<T>) / sizeof(T);
    const bool fit =
        packs_fit(value.data) && packs_fit(gradient.data) && packs_fit(first.data) && packs_fit(second.data);
    const Index packs = fit ? value.size / each : 0;
    launch(device.stream(), kernel::adamw<T, Pack<T>>, blocks_for(value.size - packs * (each - 1)),
           dim3(block_threads), 0, AdamWNumbers<T>(step), value.data, gradient.data, first.data, second.data,
           packs, value.size, scale);
}

}  // namespace cuda

}  // namespace coco
