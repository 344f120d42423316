// SPDX-License-Identifier: Apache-2.0
/// \file
/// Names of a pipeline's parts, by which a checkpoint knows the pipeline that it belongs to.
#pragma once

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

#include <coco/fwd.hpp>

namespace coco {

/// The name of a part: its type with namespaces, for example "coco::backbone::SASRec", the same by every
/// compiler. A part whose name may change says `static constexpr const char* name`.
template <class Part>
[[gnu::cold]] std::string part_name() {
    if constexpr (requires { std::string_view(Part::name); }) {
        return std::string(std::string_view(Part::name));
    } else {
        int status = 0;
        const std::unique_ptr<char, void (*)(void*)> text(
            abi::__cxa_demangle(typeid(Part).name(), nullptr, nullptr, &status), std::free);
        return status == 0 ? text.get() : typeid(Part).name();
    }
}

/// Roles and names of a pipeline's parts.
using PartNames = std::vector<std::pair<std::string, std::string>>;

/// Of a model that is neither a pipeline nor a SequentialRecommender: itself.
template <class Model>
struct PartsOf {
    using ItemsPart = void;
    static PartNames names() { return {{"model", part_name<Model>()}}; }
};
template <class Backbone, class Items, class ObjectiveList>
struct PartsOf<SequentialRecommender<Backbone, Items, ObjectiveList>> {
    using ItemsPart = Items;
    static PartNames names() { return {{"backbone", part_name<Backbone>()}, {"items", part_name<Items>()}}; }
};
template <class Backbone, class Items, class Prompt, class Llm, class Decoupler, class Aligner, class Adapter,
          class ObjectiveList>
struct PartsOf<BasicPipeline<Backbone, Items, Prompt, Llm, Decoupler, Aligner, Adapter, ObjectiveList>> {
    using ItemsPart = Items;
    /// Without the language model, which the file knows by its digest.
    static PartNames names() {
        return {{"backbone", part_name<Backbone>()}, {"items", part_name<Items>()},
                {"prompt", part_name<Prompt>()},     {"decoupler", part_name<Decoupler>()},
                {"aligner", part_name<Aligner>()},   {"adapter", part_name<Adapter>()}};
    }
};

}  // namespace coco
