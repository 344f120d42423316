// SPDX-License-Identifier: Apache-2.0
/// \file
/// The objectives that a model may be trained with. A setting chooses one of them by name, so that all runs
/// of a model share one program; each step has one conditional. An objective of your own is one more type in
/// the list.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include <coco/core/names.hpp>
#include <coco/core/settings.hpp>
#include <coco/fwd.hpp>
#include <coco/loss/concept.hpp>

namespace coco {

namespace loss {

/// The settings of an objective that has none.
struct NoConfig {
    static auto settings(auto&, auto&& visit) { return visit(); }
};
template <class L>
struct ConfigOf {
    using type = NoConfig;
};
template <class L>
requires requires { typename L::Config; }
struct ConfigOf<L> {
    using type = typename L::Config;
};

template <class L>
L made(const typename ConfigOf<L>::type& config) {
    if constexpr (requires { typename L::Config; })
        return L(config);
    else
        return L();
}

}  // namespace loss

/// \tparam Ls  objectives of different names; the first is the default
template <class... Ls>
class Objectives {
    static_assert(sizeof...(Ls) >= 1,
                  "coco::Objectives: name at least one, coco::loss::CrossEntropy for instance");
    static_assert((explain_objective<Ls>() && ...));

    static constexpr std::array<std::string_view, sizeof...(Ls)> names{Ls::name...};
    static_assert(distinct(names),
                  "coco::Objectives: two of them have the same `name`, by which a setting chooses");

public:
    static constexpr const char* default_name = std::array<const char*, sizeof...(Ls)>{Ls::name...}[0];

    /// The settings of each.
    struct Config {
        /// Whether any of them has settings of its own.
        static constexpr bool configured =
            (!std::is_same_v<typename loss::ConfigOf<Ls>::type, loss::NoConfig> || ...);

        std::tuple<typename loss::ConfigOf<Ls>::type...> of;

        static auto settings(auto& c, auto&& visit) {
            return std::apply([&](auto&... each) { return visit(setting(Ls::name, each)...); }, c.of);
        }
    };

    /// \throws Error where none of them has this name
    [[gnu::cold]] Objectives(std::string_view chosen, const Config& config)
        : all_(std::apply([](const auto&... each) { return std::tuple<Ls...>(loss::made<Ls>(each)...); },
                          config.of)) {
        const auto found = std::find(names.begin(), names.end(), chosen);
        if (found == names.end())
            throw Error("loss.objective", "unknown name", one_of(names), std::string(chosen));
        chosen_ = static_cast<std::size_t>(found - names.begin());
    }

    /// Whether a batch must hold a sampled negative for each target.
    bool needs_negatives() const {
        constexpr std::array<bool, sizeof...(Ls)> needs{Ls::needs_negatives...};
        return needs[chosen_];
    }

    /// Whether it must say which other targets are no negatives.
    bool needs_others() const {
        constexpr std::array<bool, sizeof...(Ls)> needs{loss::needs_others<Ls>...};
        return needs[chosen_];
    }
    /// Whether item vectors get gradients for targets and negatives alone.
    bool touches_few() const {
        constexpr std::array<bool, sizeof...(Ls)> few{loss::touches_few<Ls>...};
        return few[chosen_];
    }
    /// The negatives that all targets of a batch share.
    SharedDraw shared() const {
        return std::apply(
            [&](const auto&... each) {
                const std::array<SharedDraw, sizeof...(Ls)> all{loss::shared_draw(each)...};
                return all[chosen_];
            },
            all_);
    }

    /// As the chosen objective's: *loss +=, dh =, dvectors +=; either gradient may be empty.
    template <class P>
    void step(Context<P>& ctx, CRows<P> h, CRows<P> vectors, const Targets<P>& targets, double weight,
              typename P::Scalar* loss, Rows<P> dh, Rows<P> dvectors) const {
        std::size_t index = 0;
        std::apply(
            [&](const auto&... each) {
                ((index++ == chosen_ ? each.step(ctx, h, vectors, targets, weight, loss, dh, dvectors)
                                     : void()),
                 ...);
            },
            all_);
    }

private:
    std::tuple<Ls...> all_;
    std::size_t chosen_ = 0;
};

}  // namespace coco
