// SPDX-License-Identifier: Apache-2.0
/// \file
/// A device that lets few scores exist at once, so that small problems take many tiles.
#pragma once

#include <coco/cuda/cuda.cuh>

namespace coco::laws {

/// \tparam T  scalar
template <class T>
struct Cramped : BasicCuda<T> {
    using Out = View<T, space::Device>;
    using In = View<const T, space::Device>;

    explicit Cramped(Index scores) : room(scores) {}

    template <class U>
    List<const U, space::Device> bring(std::span<const U> numbers, Workspace<Cramped>& work) {
        const List<U, space::Device> to = work.template keep_list<U>(static_cast<Index>(numbers.size()));
        cuda::bring(this->device(), numbers, to);
        return to;
    }
    void classify(In h, const Classes<Cramped>& classes, T scale, T* loss, Out dh, Out dcolumns, Out dbias) {
        cuda::classify<Cramped, math_mode::Exact>(this->device(), h, classes, scale, loss, dh, dcolumns,
                                                  dbias, room);
    }
    Choice<Cramped> choose(In e, In codes, T theta, Index cap, Workspace<Cramped>& work) {
        return cuda::choose<Cramped>(this->device(), e, codes, theta, cap, work, room);
    }
    void rank(In h, In columns, In bias, const Seen<Cramped>& seen, Index k, MutableIds<Cramped> best,
              Out scores) {
        cuda::rank<Cramped>(this->device(), h, columns, bias, seen, k, best, scores, room);
    }
    void place(In h, In columns, In bias, const Seen<Cramped>& seen, Ids<Cramped> target, Out places) {
        cuda::place<Cramped>(this->device(), h, columns, bias, seen, target, places, room);
    }

    Index room;  ///< scores
};

}  // namespace coco::laws
