// SPDX-License-Identifier: Apache-2.0
/// \file
/// A CUDA policy with little room for scores, so that small problems take many tiles.
#pragma once

#include <coco/cuda/cuda.cuh>

namespace coco::conformance {

/// \tparam T  scalar
template <class T>
struct Cramped : BasicCuda<T> {
    using Out = View<T, space::Device>;
    using In = View<const T, space::Device>;

    explicit Cramped(Index scores) : room(scores) {}

    using BasicCuda<T>::upload;
    template <class U>
    List<const U, space::Device> upload(std::span<const U> numbers, Workspace<Cramped>& work) {
        const List<U, space::Device> to = work.template keep_list<U>(static_cast<Index>(numbers.size()));
        cuda::upload(this->device(), numbers, to);
        return to;
    }
    void softmax_cross_entropy(In h, const Classes<Cramped>& classes, T scale, T* loss, Out dh, Out dcolumns,
                               Out dbias) {
        cuda::softmax_cross_entropy<Cramped, math_mode::Exact>(this->device(), h, classes, scale, loss, dh,
                                                               dcolumns, dbias, room);
    }
    void top_k(In h, In columns, In bias, const ExcludedItems<Cramped>& excluded, Index k,
               MutableIds<Cramped> best, Out scores) {
        cuda::top_k<Cramped>(this->device(), h, columns, bias, excluded, k, best, scores, room);
    }
    void target_rank(In h, In columns, In bias, const ExcludedItems<Cramped>& excluded, Ids<Cramped> target,
                     Out places) {
        cuda::target_rank<Cramped>(this->device(), h, columns, bias, excluded, target, places, room);
    }

    Index room;  ///< number of scores in memory at a time
};

}  // namespace coco::conformance
