// SPDX-License-Identifier: Apache-2.0
/// \file
/// Samplers: how the histories become an epoch's batches. A model lists the samplers that fit it
/// (`Samplers`), and a stage of training chooses one by name. Host code, called once per step.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include <coco/core/error.hpp>
#include <coco/data/interactions.hpp>
#include <coco/sampling/batch_builder.hpp>
#include <coco/sampling/batches.hpp>
#include <coco/sampling/host_batch.hpp>
#include <coco/sampling/negatives.hpp>
#include <coco/text/history.hpp>

namespace coco {

/// What the samplers of a training run are made of.
struct SamplerParts {
    std::uint64_t seed = 1;
    sampling::BatchLimits batch;  ///< of samples
    Index joint_batch = 16;       ///< users per joint step
    BatchBuilder builder;
    const text::History* text = nullptr;  ///< of the items; null where the model does not read text
    const sampling::Negatives* negatives = nullptr;  ///< null where the objective needs none
};

/// The batches of one stage, a function of data, settings, seed, epoch and step only, so that a resumed run
/// continues with the same batches.
class Sampler {
public:
    Sampler() = default;
    Sampler(const Sampler&) = delete;
    Sampler& operator=(const Sampler&) = delete;
    virtual ~Sampler() = default;

    /// Lists the samples of the train part, once before the first epoch, and fills `b` with the largest
    /// batch, so that memory grows once; `b` stays empty where there is no sample.
    virtual void prepare(HostBatch& b, const data::Interactions& train) = 0;
    /// How many times as large as that batch another may be, where that is not known exactly.
    virtual double room() const { return 1.5; }
    /// Shuffles epoch `epoch`, counted from 0; returns its number of batches.
    virtual Index begin_epoch(Index epoch) = 0;
    /// Fills a batch of the epoch. \param step  of the whole training run: keys the negatives
    virtual void fill(HostBatch& b, const data::Interactions& train, Index batch, std::uint64_t step) = 0;
};

namespace sampling {

/// `static constexpr const char* name`, a base class `coco::Sampler`, and a constructor from `SamplerParts`.
template <class S>
concept IsSampler =
    std::derived_from<S, Sampler> && std::constructible_from<S, const SamplerParts&> && requires {
    { S::name } -> std::convertible_to<const char*>;
};

/// Optional `static bool shows_later_items(const Sampling&)`: whether the items of a sample include the
/// target of one of its rows, as they do where every position of a window is trained. A model whose rows see
/// later items would then read what it is to predict. Absent: they do not.
template <class S>
bool shows_later_items(const Sampling& settings) {
    if constexpr (requires { S::shows_later_items(settings); })
        return S::shows_later_items(settings);
    else
        return false;
}

}  // namespace sampling

/// The samplers that a model may be trained with; the first is its default.
template <class... S>
struct Samplers {
    static_assert(sizeof...(S) >= 1, "coco::Samplers: name at least one");
    static_assert((sampling::IsSampler<S> && ...),
                  "coco::Samplers: each must be derived from coco::Sampler, be constructible from "
                  "`const coco::SamplerParts&` and have `static constexpr const char* name` "
                  "(docs/concepts.md#sampler)");

    static constexpr const char* default_name = std::get<0>(std::tuple<decltype(S::name)...>{S::name...});

    /// \param sees_later_items  the model's rows depend on items after their own
    /// \throws Error where none has this name, or where the model would read its targets
    [[gnu::cold]] static std::unique_ptr<Sampler> make(std::string_view name, const SamplerParts& parts,
                                                       bool sees_later_items) {
        std::unique_ptr<Sampler> made;
        std::string known;
        const auto one = [&]<class Each>(std::type_identity<Each>) {
            known += (known.empty() ? "" : ", ") + std::string(Each::name);
            if (made || name != Each::name) return;
            require(!sees_later_items || !sampling::shows_later_items<Each>(parts.builder.sampling()),
                    text_of("sampler ", name),
                    "the model's rows may see later items, and would read their targets",
                    "samples by prefixes, or `static constexpr bool sees_later_items = false` in a model "
                    "whose rows "
                    "do not");
            made = std::make_unique<Each>(parts);
        };
        (one(std::type_identity<S>{}), ...);
        if (!made) throw Error("sampler", "unknown name", "one of " + known, std::string(name));
        return made;
    }
};

}  // namespace coco
