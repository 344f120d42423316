// SPDX-License-Identifier: Apache-2.0
/// \file
/// The samplers of a model: its own list, or the library's.
#pragma once

#include <coco/sampling/cloze.hpp>
#include <coco/sampling/joint_groups.hpp>
#include <coco/sampling/next_item_samplers.hpp>
#include <coco/sampling/sampler.hpp>

namespace coco {

/// The samplers of models and backbones that name none.
using DefaultSamplers =
    Samplers<sampling::Prefixes, sampling::EveryPosition, sampling::JointGroups, sampling::OlderPrefixes,
             sampling::OlderPositions, sampling::HeldBack, sampling::HeldBackGroups, sampling::Cloze>;

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

}  // namespace sampling
}  // namespace coco
