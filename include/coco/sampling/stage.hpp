// SPDX-License-Identifier: Apache-2.0
/// \file
/// The training stage that a step belongs to, by name: a model knows what its own stages compute.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include <coco/core/error.hpp>

namespace coco {

/// The name of a stage, held in place: copying and comparing it allocates nothing.
class TrainingStage {
public:
    static constexpr std::size_t longest = 31;  ///< characters

    constexpr TrainingStage(std::string_view name) {  // NOLINT: a name is a stage
        if (name.size() > longest) throw Error(std::string(name), "the name of a stage is too long");
        for (std::size_t i = 0; i < name.size(); ++i) text_[i] = name[i];
    }
    constexpr TrainingStage(const char* name) : TrainingStage(std::string_view(name)) {}  // NOLINT
    TrainingStage(const std::string& name) : TrainingStage(std::string_view(name)) {}     // NOLINT

    constexpr std::string_view name() const { return text_.data(); }
    /// Whether the weight of semantic columns is chosen before it.
    constexpr bool needs_channel() const {
        return uses_knowledge() || *this == columns || *this == correction;
    }
    /// Whether a pipeline's language model is asked in it.
    constexpr bool uses_knowledge() const { return *this == joint || *this == knowledge; }

    friend constexpr bool operator==(const TrainingStage&, const TrainingStage&) = default;

    static const TrainingStage behaviour;    ///< items and backbone
    static const TrainingStage joint;        ///< all parts of a pipeline
    static const TrainingStage knowledge;    ///< all but behaviour, which is fixed
    static const TrainingStage columns;      ///< learned semantic columns alone, beside a fixed behaviour
    static const TrainingStage pretraining;  ///< a backbone's own, before behaviour
    static const TrainingStage correction;   ///< the same from targets that the columns do not favour (M = 0)

private:
    std::array<char, longest + 1> text_{};
};

inline constexpr TrainingStage TrainingStage::behaviour{"behaviour"};
inline constexpr TrainingStage TrainingStage::joint{"joint"};
inline constexpr TrainingStage TrainingStage::knowledge{"knowledge"};
inline constexpr TrainingStage TrainingStage::columns{"columns"};
inline constexpr TrainingStage TrainingStage::correction{"correction"};
inline constexpr TrainingStage TrainingStage::pretraining{"pretraining"};

}  // namespace coco
