// SPDX-License-Identifier: Apache-2.0
/// \file
/// A backbone as a user of this library would write it, with public headers only: a gated recurrent unit (Cho
/// et al., EMNLP 2014; gates as in PyTorch):
///     r, z = s(W x + U h' + b),  n = tanh(W x + b + r (U h' + c)),  h = (1 - z) n + z h'.
#pragma once

#include <algorithm>

#include <coco/backbone/concept.hpp>
#include <coco/core/math.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/nn/linear.hpp>

namespace user {

using namespace coco;

/// One time step: gates (rows x 4 width: r, z, n, U h' + c of n) and h from what input and state say.
template <class T>
struct GruRows {
    const T *input, *state, *before;
    T *gates, *h;
    Index w;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T *const a = input + i * 3 * w, *const b = state + i * 3 * w;
        T* const g = gates + i * 4 * w;
        row.each(w, [&](Index j) {
            const T r = math::sigmoid(a[j] + b[j]), z = math::sigmoid(a[w + j] + b[w + j]), q = b[2 * w + j];
            const T n = math::tanh(a[2 * w + j] + r * q);
            g[j] = r, g[w + j] = z, g[2 * w + j] = n, g[3 * w + j] = q;
            h[i * w + j] = (1 - z) * n + z * before[i * w + j];
        });
    }
};

/// dinput, dstate and the part of dbefore that does not pass through U.
template <class T>
struct GruBackwardRows {
    const T *gates, *before, *dh;
    T *dinput, *dstate, *dbefore;
    Index w;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const g = gates + i * 4 * w;
        T *const a = dinput + i * 3 * w, *const b = dstate + i * 3 * w;
        row.each(w, [&](Index j) {
            const T r = g[j], z = g[w + j], n = g[2 * w + j], q = g[3 * w + j], d = dh[i * w + j];
            const T dn = d * (1 - z) * (1 - n * n);
            a[j] = b[j] = dn * q * r * (1 - r);
            a[w + j] = b[w + j] = d * (before[i * w + j] - n) * z * (1 - z);
            a[2 * w + j] = dn, b[2 * w + j] = dn * r;
            dbefore[i * w + j] += d * z;
        });
    }
};

class Gru {
public:
    using Role = role::Backbone;
    static constexpr nn::AttentionMask attention_mask = nn::AttentionMask::causal;

    struct Config {
        Index size = 64, window = 50;
        double init = 0.1;
        Index width() const { return size; }

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("size", c.size, at_least(1)), setting("window", c.window, at_least(1)),
                         setting("init", c.init, between(0, 100)));
        }
    };

    /// Rows are computed one time step after another, users with long histories first, after one row of zeros
    /// per user.
    template <class P>
    struct Saved {
        std::span<Id> starts;    ///< of each time step among the states; the zeros are the first
        Ids<P> packed, by_time;  ///< row of the sequence for each time-ordered row, and its inverse
        nn::Linear::Saved<P> input;
        Rows<P> states, gates, h;

        Index zeros() const { return starts[1]; }
        std::size_t times() const { return starts.size() - 2; }
        /// Index of the first time-ordered row of a time step; number of its rows; the states before it.
        Index at(std::size_t t) const { return starts[t + 1] - zeros(); }
        Index count(std::size_t t) const { return starts[t + 2] - starts[t + 1]; }
        Rows<P> before(Rows<P> all, std::size_t t) const { return all.rows_from(starts[t], count(t)); }
    };

    Gru(ParameterLayout& layout, const Config& c)
        : width_(c.size),
          input_(layout, "gru.input", c.size, 3 * c.size, Init::normal(c.init)),
          state_(layout, "gru.state", c.size, 3 * c.size, Init::normal(c.init)) {}

    template <class P>
    Saved<P> forward(Context<P>& ctx, const Sequence<P>& sequence, CRows<P> x) const {
        Saved<P> k = order(ctx, sequence.segments);
        const Rows<P> timed = ctx.work.keep(x.rows, width_);
        nn::gather<P>(ctx.on, x, k.packed, timed);
        k.input = input_.forward(ctx, CRows<P>(timed));
        k.states = ctx.work.keep(k.zeros() + x.rows, width_);
        k.gates = ctx.work.keep(x.rows, 4 * width_);
        k.h = ctx.work.keep(x.rows, width_);
        nn::fill<P>(ctx.on, k.states.rows_from(0, k.zeros()), 0);
        for (std::size_t t = 0; t < k.times(); ++t) {
            const CRows<P> before = k.before(k.states, t);
            const nn::Linear::Saved<P> state = state_.forward(ctx, before);
            ctx.on.for_each_row(
                k.count(t), 8 * width_,
                GruRows<typename P::Scalar>{k.input.out.row(k.at(t)), state.out.data, before.data,
                                            k.gates.row(k.at(t)), k.states.row(k.starts[t + 1]), width_});
        }
        nn::gather<P>(ctx.on, CRows<P>(k.states.rows_from(k.zeros(), x.rows)), k.by_time, k.h);
        return k;
    }

    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>&, const Saved<P>& k, CRows<P> dh, Rows<P> dx) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> dinput = ctx.work.scratch(dh.rows, 3 * width_),
                      dstate = ctx.work.scratch(dh.rows, 3 * width_);
        const Rows<P> d = ctx.work.scratch(k.zeros() + dh.rows, width_),
                      more = ctx.work.scratch(k.zeros(), width_);
        nn::fill<P>(ctx.on, d.rows_from(0, k.zeros()), 0);
        nn::gather<P>(ctx.on, dh, k.packed, d.rows_from(k.zeros(), dh.rows));
        for (std::size_t t = k.times(); t-- > 0;) {
            const CRows<P> before = k.before(k.states, t);
            const Rows<P> dbefore = k.before(d, t), through = more.rows_from(0, k.count(t));
            ctx.on.for_each_row(k.count(t), 8 * width_,
                                GruBackwardRows<typename P::Scalar>{
                                    k.gates.row(k.at(t)), before.data, d.row(k.starts[t + 1]),
                                    dinput.row(k.at(t)), dstate.row(k.at(t)), dbefore.data, width_});
            state_.backward(ctx, nn::Linear::Saved<P>{before, {}},
                            CRows<P>(dstate.rows_from(k.at(t), k.count(t))), through);
            nn::copy<P>(ctx.on, CRows<P>(through), dbefore, Write::add);
        }
        const Rows<P> dtimed = dx.empty() ? Rows<P>{} : ctx.work.scratch(dh.rows, width_);
        input_.backward(ctx, k.input, CRows<P>(dinput), dtimed);
        if (!dx.empty()) nn::gather<P>(ctx.on, CRows<P>(dtimed), k.by_time, dx);
    }

private:
    /// Orders the packed rows by time step.
    template <class P>
    static Saved<P> order(Context<P>& ctx, const Segments<P>& s) {
        const std::span<Id> people = ctx.work.numbers(s.count()), packed = ctx.work.numbers(s.rows());
        const std::span<Id> by_time = ctx.work.numbers(s.rows());
        for (std::size_t i = 0; i < people.size(); ++i) people[i] = static_cast<Id>(i);
        std::sort(people.begin(), people.end(), [&](Id a, Id b) {
            return s.length(a) > s.length(b) || (s.length(a) == s.length(b) && a < b);
        });
        Saved<P> k;
        k.starts = ctx.work.numbers(s.longest + 2);
        k.starts[0] = k.starts[1] = 0;
        std::size_t next = 0, active = people.size();
        for (Index t = 0; t < s.longest; ++t) {
            while (active > 0 && s.length(people[active - 1]) <= t) --active;
            if (t == 0) k.starts[1] = static_cast<Id>(active);
            for (std::size_t i = 0; i < active; ++i, ++next) {
                packed[next] = static_cast<Id>(s.begin(people[i]) + t);
                by_time[static_cast<std::size_t>(packed[next])] = static_cast<Id>(next);
            }
            k.starts[static_cast<std::size_t>(t) + 2] = k.starts[1] + static_cast<Id>(next);
        }
        k.packed = ctx.on.upload(std::span<const Id>(packed), ctx.work);
        k.by_time = ctx.on.upload(std::span<const Id>(by_time), ctx.work);
        return k;
    }

    Index width_;
    nn::Linear input_, state_;
};

}  // namespace user
