// SPDX-License-Identifier: Apache-2.0
/// \file
/// The samplers of a model: its own list, or the library's.
#pragma once

#include <type_traits>

#include <coco/sampling/cloze.hpp>
#include <coco/sampling/joint_groups.hpp>
#include <coco/sampling/next_item_samplers.hpp>
#include <coco/sampling/sampler.hpp>

namespace coco {

/// The library's samplers, and more of a model's or a backbone's own.
template <class... More>
using DefaultSamplersWith = Samplers<sampling::Prefixes, sampling::EveryPosition, sampling::JointGroups,
                                     sampling::OlderPrefixes, sampling::OlderPositions, sampling::HeldBack,
                                     sampling::HeldBackGroups, sampling::Cloze, More...>;
/// The samplers of models and backbones that name none.
using DefaultSamplers = DefaultSamplersWith<>;

namespace sampling {

/// The name of the sampler of all targets. \param samples  any but `by_data`
inline const char* sampler_of_all(Samples samples) {
    return samples == Samples::positions ? EveryPosition::name
           : samples == Samples::cloze   ? Cloze::name
                                         : Prefixes::name;
}

/// `T::Samplers`, a `coco::Samplers<...>`, where T has it.
template <class T>
struct SamplersOf {
    using type = DefaultSamplers;
};
template <class T>
requires requires { typename T::Samplers; }
struct SamplersOf<T> {
    using type = typename T::Samplers;
};

/// The samplers of a list, then those of another that it does not have.
template <class List, class Other>
struct Joined;
template <class... A>
struct Joined<Samplers<A...>, Samplers<>> {
    using type = Samplers<A...>;
};
template <class... A, class B, class... More>
struct Joined<Samplers<A...>, Samplers<B, More...>>
    : Joined<std::conditional_t<(std::is_same_v<A, B> || ...), Samplers<A...>, Samplers<A..., B>>,
             Samplers<More...>> {};

/// The samplers of several backbones or models, each once.
template <class T, class... More>
struct AllSamplers : Joined<typename SamplersOf<T>::type, typename AllSamplers<More...>::type> {};
template <class T>
struct AllSamplers<T> : SamplersOf<T> {};

/// Whether a list has the library's samplers in front, so that `Sampling::samples` names the one of a stage
/// that names none.
template <class List>
inline constexpr bool extends_default = false;
template <class... More>
inline constexpr bool extends_default<DefaultSamplersWith<More...>> = true;

}  // namespace sampling
}  // namespace coco
