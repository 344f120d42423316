// SPDX-License-Identifier: Apache-2.0
/// \file
/// One of several backbones, chosen by a setting: a program that compares backbones is compiled once for all
/// of them. Inside the chosen one everything is dispatched statically; a pass has one conditional.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>

#include <coco/backbone/concept.hpp>
#include <coco/core/names.hpp>
#include <coco/core/role.hpp>
#include <coco/core/setting_list.hpp>
#include <coco/core/settings.hpp>
#include <coco/sampling/samplers.hpp>

namespace coco::backbone {

/// \tparam Bs  backbones with `static constexpr const char* setting_name`, each another; the first is the
/// default
template <class... Bs>
class OneOf {
    static_assert(sizeof...(Bs) >= 1,
                  "coco::backbone::OneOf: name at least one, coco::backbone::SASRec for "
                  "instance");
    static_assert((explain_backbone<Bs>() && ...));
    static_assert(
        (requires { std::string_view(Bs::setting_name); } && ...),
        "coco::backbone::OneOf: a backbone lacks `static constexpr const char* setting_name`, by which a "
        "setting chooses it");

    static constexpr std::array<std::string_view, sizeof...(Bs)> names{Bs::setting_name...};
    static_assert(distinct(names), "coco::backbone::OneOf: two of them have the same `setting_name`");

public:
    using Role = role::Backbone;
    /// In checkpoints, whose settings say which it is.
    static constexpr const char* name = "coco::backbone::OneOf";
    /// Those of all of them.
    using Samplers = typename sampling::AllSamplers<Bs...>::type;
    /// What is true of any of them; `sees_later_items()` says it of the chosen one.
    static constexpr nn::AttentionMask attention_mask = nn::AttentionMask::bidirectional;

    /// The settings of each, and which one it is.
    struct Config {
        std::string name{names.front()};
        std::tuple<typename Bs::Config...> of;
        Index window = 50;  ///< longest history, in rows, of whichever is chosen: theirs are not read

        static auto settings(auto& c, auto&& visit) {
            return std::apply(
                [&](auto&... each) {
                    return visit(setting("name", c.name), setting("window", c.window, at_least(1)),
                                 setting(Bs::setting_name, each)...);
                },
                c.of);
        }

        /// Of the chosen one.
        Index width() const {
            Index width = 0;
            on_chosen(*this, [&](const auto& config) { width = config.width(); });
            return width;
        }

        /// Calls f(settings of the chosen one). \throws Error where none has the name
        template <class Self, class F>
        static void on_chosen(Self& self, const F& f) {
            const std::size_t chosen = index_of(self.name);
            std::size_t i = 0;
            std::apply([&](auto&... each) { ((i++ == chosen ? f(each) : void()), ...); }, self.of);
        }
    };

    template <class P>
    struct Saved {
        std::variant<typename Bs::template Saved<P>...> of;
        CRows<P> h;  ///< rows x width
    };

    /// \throws Error where none of them has the name, and as the chosen one
    [[gnu::cold, gnu::noinline]] OneOf(ParameterLayout& layout, const Config& config)
        : chosen_(made<0>(layout, config, index_of(config.name))) {}

    bool sees_later_items() const {
        return std::visit([](const auto& b) { return backbone::sees_later_items(b); }, chosen_);
    }
    bool masks_items() const {
        return std::visit([](const auto& b) { return backbone::masks_items(b); }, chosen_);
    }

    /// Whether a stage of training is the chosen one's own.
    bool trains(TrainingStage stage) const {
        return std::visit(
            [&]<class B>(const B& b) {
                if constexpr (HasOwnStages<B>) return b.trains(stage);
                return false;
            },
            chosen_);
    }
    /// A step of such a stage.
    template <class P>
    void stage_step(Context<P>& ctx, TrainingStage stage, const Sequence<P>& sequence,
                    const Targets<P>& targets, CRows<P> x, CRows<P> vectors, typename P::Scalar* loss,
                    Rows<P> dx, Rows<P> dvectors) const {
        std::visit(
            [&]<class B>(const B& b) {
                if constexpr (HasOwnStages<B>)
                    b.stage_step(ctx, stage, sequence, targets, x, vectors, loss, dx, dvectors);
            },
            chosen_);
    }

    /// \throws Error where the chosen one knows something of each item, and of another number of items
    [[gnu::cold]] void check_items(Index items) const {
        std::visit(
            [items](const auto& b) {
                if constexpr (requires { b.check_items(items); }) b.check_items(items);
            },
            chosen_);
    }

    /// \param x  rows x width: the vectors of the sequence's items
    template <class P>
    Saved<P> forward(Context<P>& ctx, const Sequence<P>& sequence, CRows<P> x) const {
        Saved<P> saved;
        std::visit(
            [&]<class B>(const B& b) {
                auto& of =
                    saved.of.template emplace<typename B::template Saved<P>>(b.forward(ctx, sequence, x));
                saved.h = of.h;
            },
            chosen_);
        return saved;
    }

    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>& sequence, const Saved<P>& saved, CRows<P> dh,
                  Rows<P> dx) const {
        std::visit(
            [&]<class B>(const B& b) {
                b.backward(ctx, sequence, std::get<typename B::template Saved<P>>(saved.of), dh, dx);
            },
            chosen_);
    }

private:
    static std::size_t index_of(std::string_view wanted) {
        const auto found = std::find(names.begin(), names.end(), wanted);
        if (found == names.end())
            throw Error("backbone.name", "unknown name", one_of(names), std::string(wanted));
        return static_cast<std::size_t>(found - names.begin());
    }

    /// Number I of them, or one behind it: a variant of types without a default is made with its value.
    template <std::size_t I>
    static std::variant<Bs...> made(ParameterLayout& layout, const Config& config, std::size_t chosen) {
        if constexpr (I + 1 < sizeof...(Bs)) {
            if (chosen != I) return made<I + 1>(layout, config, chosen);
        }
        auto of = std::get<I>(config.of);
        of.window = config.window;
        return std::variant<Bs...>(std::in_place_index<I>, layout, of);
    }

    std::variant<Bs...> chosen_;
};

}  // namespace coco::backbone
