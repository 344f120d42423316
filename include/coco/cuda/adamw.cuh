// SPDX-License-Identifier: Apache-2.0
/// \file
/// The optimiser on the device: the sum of squares for clipping, without the host in between, and AdamW over
/// all ranges of a step in one launch.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>

#include <coco/cuda/device.cuh>
#include <coco/cuda/memory.cuh>
#include <coco/cuda/reduce.cuh>
#include <coco/cuda/together.cuh>
#include <coco/exec/primitives.hpp>
#include <coco/store/view.hpp>

namespace coco {

namespace cuda {

/// Maximum number of ranges per launch; more ranges take further launches.
inline constexpr int launch_ranges = 24;

/// Work pieces of several ranges, numbered consecutively: range r has the pieces before `end[r]`.
template <class Range>
struct Ranges {
    Range range[launch_ranges] = {};
    Index end[launch_ranges] = {};
    int count = 0;

    /// The range that piece number `at` belongs to; `at` becomes its number within the range.
    __device__ const Range& of(Index& at) const {
        int r = 0;
        while (at >= end[r]) ++r;
        if (r > 0) at -= end[r - 1];
        return range[r];
    }
    void add(const Range& r, Index pieces) {
        end[count] = (count ? end[count - 1] : 0) + pieces;
        range[count++] = r;
    }
    Index pieces() const { return count ? end[count - 1] : 0; }
};

/// Elements per block whose squares are added.
inline constexpr Index norm_chunk = 8 * block_threads;

/// One range of an AdamW step, with its constants in the policy's scalars, rounded as on the host.
template <class T>
struct AdamWConstants {
    T *value = nullptr, *first = nullptr, *second = nullptr;
    const T* gradient = nullptr;
    Index size = 0;
    bool fit = false;  ///< all four addresses are aligned for packs
    T beta1 = 0, beta2 = 0, rest1 = 0, rest2 = 0, shrink = 0, move = 0, root = 0, epsilon = 0;

    static constexpr Index pack = sizeof(Pack<T>) / sizeof(T);

    AdamWConstants() = default;
    template <class P>
    explicit AdamWConstants(const AdamWRange<P>& r)
        : value(r.value.data),
          first(r.first.data),
          second(r.second.data),
          gradient(r.gradient.data),
          size(r.value.size),
          fit(packs_fit(value) && packs_fit(gradient) && packs_fit(first) && packs_fit(second)),
          beta1(static_cast<T>(r.step.beta1)),
          beta2(static_cast<T>(r.step.beta2)),
          rest1(static_cast<T>(1 - r.step.beta1)),
          rest2(static_cast<T>(1 - r.step.beta2)),
          shrink(static_cast<T>(1 - r.step.rate * r.step.decay)),
          move(static_cast<T>(r.step.rate / corrected(r.step.beta1, r.step.step))),
          root(static_cast<T>(1 / std::sqrt(corrected(r.step.beta2, r.step.step)))),
          epsilon(static_cast<T>(r.step.epsilon)) {}

    /// Updates one element, whose gradient is multiplied by `clip`.
    __device__ void step(T slope, T clip, T& x, T& m, T& v) const {
        const T clipped = clip * slope;
        m = beta1 * m + (rest1 * clip) * slope;
        v = beta2 * v + rest2 * (clipped * clipped);
        x = shrink * x - move * m / (std::sqrt(v) * root + epsilon);
    }

private:
    static double corrected(double beta, std::int64_t step) {
        return 1 - std::pow(beta, static_cast<double>(step));
    }
};

}  // namespace cuda

namespace kernel {

/// Each block's sum of squares, in double.
template <class T>
__global__ void square_sums(const cuda::Ranges<List<const T, space::Device>> lists, double* partial) {
    Index chunk = blockIdx.x;
    const List<const T, space::Device> x = lists.of(chunk);
    const Index first = chunk * cuda::norm_chunk,
                end = first + cuda::norm_chunk < x.size ? first + cuda::norm_chunk : x.size;
    double sum = 0;
    for (Index i = first + threadIdx.x; i < end; i += blockDim.x) {
        const double value = static_cast<double>(x.data[i]);
        sum += value * value;
    }
    sum = cuda::block_sum(sum, cuda::shared<double>());
    if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

/// One AdamW step: one pack per thread; single elements at the end of a range or where addresses are not
/// aligned.
template <class T>
__global__ void adamw(const cuda::Ranges<cuda::AdamWConstants<T>> ranges, const T* scale) {
    using Pack = cuda::Pack<T>;
    constexpr Index each = cuda::AdamWConstants<T>::pack;
    Index block = blockIdx.x;
    const cuda::AdamWConstants<T>& r = ranges.of(block);
    const T clip = scale ? *scale : T(1);
    const Index i = (block * blockDim.x + threadIdx.x) * each;
    if (r.fit && i + each <= r.size) {
        const Pack g = *reinterpret_cast<const Pack*>(r.gradient + i);
        Pack x = *reinterpret_cast<const Pack*>(r.value + i), m = *reinterpret_cast<const Pack*>(r.first + i),
             v = *reinterpret_cast<const Pack*>(r.second + i);
        for (Index k = 0; k < each; ++k) r.step(g.at[k], clip, x.at[k], m.at[k], v.at[k]);
        *reinterpret_cast<Pack*>(r.value + i) = x;
        *reinterpret_cast<Pack*>(r.first + i) = m;
        *reinterpret_cast<Pack*>(r.second + i) = v;
    } else {
        for (Index j = i; j < i + each && j < r.size; ++j)
            r.step(r.gradient[j], clip, r.value[j], r.first[j], r.second[j]);
    }
}

}  // namespace kernel

namespace cuda {

/// *sum += the sum of squares of all lists, accumulated in double.
template <class T>
void squared_norm(Device& device, std::span<const List<const T, space::Device>> lists, T* sum) {
    const auto chunks = [](Index size) { return (size + norm_chunk - 1) / norm_chunk; };
    Index all = 0;
    for (const auto& x : lists) all += chunks(x.size);
    if (all == 0) return;
    constexpr std::size_t room = sizeof(double) * (block_threads / warp_size);
    const Scratch scratch(device);
    double* const partial = scratch.take<double>(all);
    double* to = partial;
    for (std::size_t at = 0; at < lists.size();) {
        Ranges<List<const T, space::Device>> some;
        for (; at < lists.size() && some.count < launch_ranges; ++at)
            some.add(lists[at], chunks(lists[at].size));
        launch(device.stream(), kernel::square_sums<T>, dim3(static_cast<unsigned>(some.pieces())),
               dim3(block_threads), room, some, to);
        to += some.pieces();
    }
    launch(device.stream(), kernel::add_sum<T>, dim3(1), dim3(block_threads), room,
           static_cast<const double*>(partial), all, T(1), sum);
}

/// One AdamW step (Loshchilov and Hutter, ICLR 2019, algorithm 2) over ranges. Gradients are multiplied by
/// *scale first, where scale is not null.
template <class T, class P>
void adamw(Device& device, std::span<const AdamWRange<P>> ranges, const T* scale) {
    constexpr Index a_block = AdamWConstants<T>::pack * block_threads;
    for (std::size_t at = 0; at < ranges.size();) {
        Ranges<AdamWConstants<T>> some;
        for (; at < ranges.size() && some.count < launch_ranges; ++at)
            some.add(AdamWConstants<T>(ranges[at]), (ranges[at].value.size + a_block - 1) / a_block);
        launch(device.stream(), kernel::adamw<T>, dim3(static_cast<unsigned>(some.pieces())),
               dim3(block_threads), 0, some, scale);
    }
}

}  // namespace cuda

}  // namespace coco
