// SPDX-License-Identifier: Apache-2.0
/// \file
/// The samplers of a model: its own list, or the library's.
#pragma once

#include <coco/sampling/joint_groups.hpp>
#include <coco/sampling/next_item_samplers.hpp>
#include <coco/sampling/sampler.hpp>

namespace coco {

/// The library's samplers, and more of a model's or a backbone's own.
template <class... More>
using DefaultSamplersWith =
    Samplers<sampling::Prefixes, sampling::EveryPosition, sampling::JointGroups, sampling::OlderPrefixes,
             sampling::OlderPositions, sampling::HeldBack, sampling::HeldBackGroups, More...>;
/// The samplers of models and backbones that name none.
using DefaultSamplers = DefaultSamplersWith<>;

namespace sampling {

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

/// Whether a list has the library's samplers in front, so that `Sampling::samples` names the one of a stage
/// that names none.
template <class List>
inline constexpr bool extends_default = false;
template <class... More>
inline constexpr bool extends_default<DefaultSamplersWith<More...>> = true;

}  // namespace sampling
}  // namespace coco
