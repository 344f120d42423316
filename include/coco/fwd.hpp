// SPDX-License-Identifier: Apache-2.0
/// \file
/// Forward declarations: enough to write a pipeline type and pass it by reference, without its headers.
///
///     using Shop = coco::Pipeline<coco::backbone::SASRec, coco::adapter::Frozen>;
///
/// takes its parts in any order; a part that is not named defaults to the paper's. Equal parts give one type.
#pragma once

#include <coco/core/instruction_set.hpp>
#include <coco/core/meta.hpp>
#include <coco/core/role.hpp>

namespace coco {

struct Alone;

namespace backbone {
class FDSA;
class SASRec;
class S3Rec;
class BSARec;
class BERT4Rec;
template <class... Bs>
class OneOf;
class PinnerFormer;
}  // namespace backbone
namespace items {
class Table;
class TextAware;
class Semantic;
template <class Inner>
class TowerOver;
using Tower = TowerOver<Table>;
}  // namespace items
namespace prompt {
class VqCodebook;
class NormalizedCodebook;
class Static;
struct StaticBehindText;
}  // namespace prompt
namespace llm {
namespace storage {
struct Float;
struct BFloat16;
struct AsStored;
struct Configured;
}  // namespace storage
template <class Storage = storage::Float>
class Decoder;
}  // namespace llm
namespace decoupler {
class CrossAttention;
class MeanPool;
template <class Inner = CrossAttention>
class Standardized;
}  // namespace decoupler
namespace aligner {
class CrossAttention;
class Identity;
class SemanticAttention;
}  // namespace aligner
namespace adapter {
class LoRA;
class Frozen;
}  // namespace adapter
namespace loss {
struct CrossEntropy;
struct Bce;
class SampledSoftmax;
class InfoNce;
}  // namespace loss
template <class... Ls>
class Objectives;

/// Gives the `Role` of a type while the type is still incomplete.
template <class R>
struct NamedRole {
    using type = R;
};
template <>
struct RoleOf<backbone::FDSA> : NamedRole<role::Backbone> {};
template <>
struct RoleOf<backbone::S3Rec> : NamedRole<role::Backbone> {};
template <>
struct RoleOf<backbone::SASRec> : NamedRole<role::Backbone> {};
template <>
struct RoleOf<backbone::BSARec> : NamedRole<role::Backbone> {};
template <>
struct RoleOf<backbone::BERT4Rec> : NamedRole<role::Backbone> {};
template <class... Bs>
struct RoleOf<backbone::OneOf<Bs...>> : NamedRole<role::Backbone> {};
template <>
struct RoleOf<backbone::PinnerFormer> : NamedRole<role::Backbone> {};
template <>
struct RoleOf<items::Table> : NamedRole<role::Items> {};
template <>
struct RoleOf<items::TextAware> : NamedRole<role::Items> {};
template <>
struct RoleOf<items::Semantic> : NamedRole<role::Items> {};
template <class Inner>
struct RoleOf<items::TowerOver<Inner>> : NamedRole<role::Items> {};
template <>
struct RoleOf<prompt::VqCodebook> : NamedRole<role::PromptCodebook> {};
template <>
struct RoleOf<prompt::NormalizedCodebook> : NamedRole<role::PromptCodebook> {};
template <>
struct RoleOf<prompt::Static> : NamedRole<role::PromptCodebook> {};
template <>
struct RoleOf<prompt::StaticBehindText> : NamedRole<role::PromptCodebook> {};
template <class Storage>
struct RoleOf<llm::Decoder<Storage>> : NamedRole<role::LanguageModel> {};
template <>
struct RoleOf<decoupler::CrossAttention> : NamedRole<role::Decoupler> {};
template <>
struct RoleOf<decoupler::MeanPool> : NamedRole<role::Decoupler> {};
template <class Inner>
struct RoleOf<decoupler::Standardized<Inner>> : NamedRole<role::Decoupler> {};
template <>
struct RoleOf<aligner::CrossAttention> : NamedRole<role::Aligner> {};
template <>
struct RoleOf<aligner::Identity> : NamedRole<role::Aligner> {};
template <>
struct RoleOf<aligner::SemanticAttention> : NamedRole<role::Aligner> {};
template <>
struct RoleOf<adapter::LoRA> : NamedRole<role::Adapter> {};
template <>
struct RoleOf<adapter::Frozen> : NamedRole<role::Adapter> {};
template <>
struct RoleOf<loss::CrossEntropy> : NamedRole<role::Objective> {};
template <>
struct RoleOf<loss::Bce> : NamedRole<role::Objective> {};
template <>
struct RoleOf<loss::SampledSoftmax> : NamedRole<role::Objective> {};
template <>
struct RoleOf<loss::InfoNce> : NamedRole<role::Objective> {};

inline namespace COCO_INSTRUCTION_SET {
template <class T, class Communicator = Alone>
class BasicHost;
/// The host policy, in float.
using Host = BasicHost<float>;
}  // namespace COCO_INSTRUCTION_SET

namespace math_mode {
struct Exact;
struct TensorFloat32;
struct BFloat16;  // NOLINT: not the storage of that name
}  // namespace math_mode
template <class T, class Math = math_mode::Exact, class Communicator = Alone>
class BasicCuda;
/// The CUDA policy, in float.
using Cuda = BasicCuda<float>;

/// The objectives of a model that names none.
using DefaultObjectives = Objectives<loss::CrossEntropy, loss::Bce>;

template <class Backbone, class Items = items::Table, class ObjectiveList = DefaultObjectives>
class SequentialRecommender;
template <class Backbone, class Items, class Prompt, class Model, class Decoupler, class Aligner,
          class Adapter, class ObjectiveList = DefaultObjectives>
class BasicPipeline;

/// A part of a pipeline must have one of the roles below.
template <class Part>
struct CheckedPart {
    using PartRole = role_of<Part>;
    static constexpr bool fits =
        std::is_same_v<PartRole, role::Backbone> || std::is_same_v<PartRole, role::Items> ||
        std::is_same_v<PartRole, role::PromptCodebook> || std::is_same_v<PartRole, role::LanguageModel> ||
        std::is_same_v<PartRole, role::Decoupler> || std::is_same_v<PartRole, role::Aligner> ||
        std::is_same_v<PartRole, role::Adapter> || std::is_same_v<PartRole, role::Objective>;
    static_assert(fits,
                  "coco::Pipeline: this type has no role in a pipeline; it must be complete and say "
                  "`using Role = coco::role::Backbone;` or another role. See docs/concepts.md#pipeline");
};

/// The aligner of a pipeline that names none: it writes into behaviour's columns, or into the semantic
/// columns of the items that have them. Specialise it for items of your own that do.
template <class Items>
struct DefaultAligner {
    using type = aligner::CrossAttention;
};
template <>
struct DefaultAligner<items::Semantic> {
    using type = aligner::SemanticAttention;
};

/// One part per role, with defaults for roles that are not named; of objectives, any number.
template <class... Parts>
struct ChosenParts {
    template <class R>
    static constexpr bool once = meta::count<R, Parts...> <= 1;

    static constexpr bool known = (CheckedPart<Parts>::fits && ...);
    static_assert(
        !known || meta::count<role::Backbone, Parts...> >= 1,
        "coco::Pipeline: no Backbone among the parts, and none is a default; name one, for instance "
        "coco::backbone::SASRec. See docs/concepts.md#pipeline");
    static_assert(once<role::Backbone>,
                  "coco::Pipeline: two parts are a Backbone. See docs/concepts.md#pipeline");
    static_assert(once<role::Items>, "coco::Pipeline: two parts are Items. See docs/concepts.md#pipeline");
    static_assert(once<role::PromptCodebook>,
                  "coco::Pipeline: two parts are a PromptCodebook. See docs/concepts.md#pipeline");
    static_assert(once<role::LanguageModel>,
                  "coco::Pipeline: two parts are a LanguageModel. See docs/concepts.md#pipeline");
    static_assert(once<role::Decoupler>,
                  "coco::Pipeline: two parts are a Decoupler. See docs/concepts.md#pipeline");
    static_assert(once<role::Aligner>,
                  "coco::Pipeline: two parts are an Aligner. See docs/concepts.md#pipeline");
    static_assert(once<role::Adapter>,
                  "coco::Pipeline: two parts are an Adapter. See docs/concepts.md#pipeline");

    using ChosenItems = meta::part_for<role::Items, items::Table, Parts...>;
    using type =
        BasicPipeline<meta::part_for<role::Backbone, void, Parts...>, ChosenItems,
                      meta::part_for<role::PromptCodebook, prompt::VqCodebook, Parts...>,
                      meta::part_for<role::LanguageModel, llm::Decoder<>, Parts...>,
                      meta::part_for<role::Decoupler, decoupler::CrossAttention, Parts...>,
                      meta::part_for<role::Aligner, typename DefaultAligner<ChosenItems>::type, Parts...>,
                      meta::part_for<role::Adapter, adapter::LoRA, Parts...>,
                      meta::parts_for<role::Objective, Objectives, DefaultObjectives, Parts...>>;
};

/// The pipeline of these parts, in any order. Defaults are the paper's: items::Table, prompt::VqCodebook,
/// llm::Decoder<>, decoupler::CrossAttention, aligner::CrossAttention (with items::Semantic
/// aligner::SemanticAttention), adapter::LoRA. Objectives are those named, or loss::CrossEntropy and
/// loss::Bce; a setting chooses one.
template <class... Parts>
using Pipeline = typename ChosenParts<Parts...>::type;

}  // namespace coco
