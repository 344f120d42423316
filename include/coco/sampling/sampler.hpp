// SPDX-License-Identifier: Apache-2.0
/// \file
/// Samplers: how the histories become an epoch's batches. A model lists the samplers that fit it
/// (`Samplers`), and a stage of training chooses one by name. Host code, called once per step.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include <coco/core/error.hpp>
#include <coco/core/names.hpp>
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

namespace sampling {

/// `static constexpr const char* name`, by which a stage chooses it.
template <class S>
concept HasName = requires {
    { S::name } -> std::convertible_to<const char*>;
};

/// `prepare(b, train)`: lists the samples of the train part, once before the first epoch, and fills `b` with
/// the largest batch, so that memory grows once; `b` stays empty where there is no sample.
template <class S>
concept Prepares = requires(S& s, HostBatch& b, const data::Interactions& train) {
    { s.prepare(b, train) } -> std::same_as<void>;
};

/// `begin_epoch(epoch)`: shuffles epoch `epoch`, counted from 0; returns its number of batches.
template <class S>
concept BeginsEpochs = requires(S& s, Index epoch) {
    { s.begin_epoch(epoch) } -> std::same_as<Index>;
};

/// `fill(b, train, batch, step)`: a batch of the epoch; `step`, of the whole training run, keys the
/// negatives.
template <class S>
concept Fills = requires(S& s, HostBatch& b, const data::Interactions& train, Index batch,
                         std::uint64_t step) {
    { s.fill(b, train, batch, step) } -> std::same_as<void>;
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

/// Optional `static constexpr bool masks_items`: whether rows of its batches are masked (`no_id`), so that
/// the backbone must have a vector for them.
template <class S>
inline constexpr bool masks_items = false;
template <class S>
requires requires { S::masks_items; }
inline constexpr bool masks_items<S> = S::masks_items;

/// Optional `static constexpr double room`: how many times as large as the batch of `prepare` another may be.
template <class S>
inline constexpr double room_of = 1.5;
template <class S>
requires requires { S::room; }
inline constexpr double room_of<S> = S::room;

}  // namespace sampling

/// The batches of one stage: functions of data, settings, seed, epoch and step only, so that a resumed run
/// continues with the same batches.
template <class S>
concept Sampler = sampling::HasName<S> && std::constructible_from<S, const SamplerParts&> &&
    sampling::Prepares<S> && sampling::BeginsEpochs<S> && sampling::Fills<S>;

/// True for a sampler. For any other type it does not compile, and the first line of the error message names
/// the first requirement that is not met.
template <class S>
constexpr bool explain_sampler() {
    if constexpr (!sampling::HasName<S>)
        static_assert(
            sampling::HasName<S>,
            "coco: not a Sampler: it lacks `static constexpr const char* name` (docs/concepts.md#sampler)");
    else if constexpr (!std::constructible_from<S, const SamplerParts&>)
        static_assert(std::constructible_from<S, const SamplerParts&>,
                      "coco: this Sampler lacks a constructor from `const SamplerParts&` "
                      "(docs/concepts.md#sampler)");
    else if constexpr (!sampling::Prepares<S>)
        static_assert(sampling::Prepares<S>,
                      "coco: this Sampler lacks `void prepare(HostBatch&, const data::Interactions& train)` "
                      "(docs/concepts.md#sampler)");
    else if constexpr (!sampling::BeginsEpochs<S>)
        static_assert(sampling::BeginsEpochs<S>,
                      "coco: this Sampler lacks `Index begin_epoch(Index epoch)` (docs/concepts.md#sampler)");
    else
        static_assert(
            sampling::Fills<S>,
            "coco: this Sampler lacks `void fill(HostBatch&, const data::Interactions& train, Index "
            "batch, std::uint64_t step)` (docs/concepts.md#sampler)");
    return true;
}

/// The samplers that a model may be trained with, the first its default; and one of them, once it is chosen.
template <class... S>
class Samplers {
    static_assert(sizeof...(S) >= 1, "coco::Samplers: name at least one (docs/concepts.md#sampler)");
    static_assert((explain_sampler<S>() && ...));

    static constexpr std::array<std::string_view, sizeof...(S)> names{S::name...};
    static_assert(distinct(names),
                  "coco::Samplers: two of them have the same `name`, by which a stage chooses");

public:
    static constexpr const char* default_name = std::array<const char*, sizeof...(S)>{S::name...}[0];

    /// \param sees_later_items  the model's rows depend on items after their own
    /// \throws Error where none has this name, or where the model would read its targets
    [[gnu::cold]] void select(std::string_view name, const SamplerParts& parts, bool sees_later_items) {
        bool found = false;
        const auto one = [&]<class Each>(std::type_identity<Each>) {
            if (name != Each::name) return;
            found = true;
            require(
                !sees_later_items || !sampling::shows_later_items<Each>(parts.builder.sampling()),
                text_of("sampler ", name),
                "the model's rows may see later items, and would read their targets",
                "samples by prefixes, or `static constexpr bool sees_later_items = false` in a model whose "
                "rows do not");
            require(
                !sampling::masks_items<Each> || parts.builder.masks_items(), text_of("sampler ", name),
                "the backbone has no vector for masked items",
                "samples by prefixes or positions, or a backbone that masks items, BERT4Rec for instance");
            chosen_.template emplace<Each>(parts);
        };
        (one(std::type_identity<S>{}), ...);
        if (!found) throw Error("sampler", "unknown name", one_of(names), std::string(name));
    }

    /// As those of the chosen one; before one is chosen, none may be called.
    void prepare(HostBatch& b, const data::Interactions& train) {
        visit([&](auto& s) { s.prepare(b, train); });
    }
    Index begin_epoch(Index epoch) {
        Index batches = 0;
        visit([&](auto& s) { batches = s.begin_epoch(epoch); });
        return batches;
    }
    void fill(HostBatch& b, const data::Interactions& train, Index batch, std::uint64_t step) {
        visit([&](auto& s) { s.fill(b, train, batch, step); });
    }
    double room() {
        double room = 1;
        visit([&]<class Each>(Each&) { room = sampling::room_of<Each>; });
        return room;
    }

private:
    template <class Visit>
    void visit(const Visit& v) {
        std::visit(
            [&]<class Each>(Each& s) {
                if constexpr (!std::is_same_v<Each, std::monostate>) v(s);
            },
            chosen_);
    }

    std::variant<std::monostate, S...> chosen_;
};

}  // namespace coco
