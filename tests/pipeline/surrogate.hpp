// SPDX-License-Identifier: Apache-2.0
/// \file
/// The objective whose gradient the joint step computes, rebuilt independently from the layers: the same
/// tensors at the same offsets. Everything without a gradient (e in L_Q and in the selection of codes, the
/// language model's rows where M = 1) is replaced by its value at one reference point.
#pragma once

#include "pipeline/support.hpp"

namespace shop {

template <class Model>
class Surrogate;

template <class Backbone, class Items, class Prompt, class Llm, class Decoupler, class Aligner, class Adapter,
          class ObjectiveList>
class Surrogate<
    coco::BasicPipeline<Backbone, Items, Prompt, Llm, Decoupler, Aligner, Adapter, ObjectiveList>> {
public:
    using P = Double;
    using Model =
        coco::BasicPipeline<Backbone, Items, Prompt, Llm, Decoupler, Aligner, Adapter, ObjectiveList>;

    /// Uses parameters, settings and random bits of `bench`; the reference point is their current values.
    Surrogate(Bench<Model, P>& bench, const coco::HostBatch& host,
              coco::TrainingStage stage = coco::TrainingStage::joint)
        : bench_(bench),
          stage_(stage),
          config_(bench.model.config()),
          behaviour_(layout_, config_.behaviour, items),
          llm_(layout_, bench.source),
          prompt_((layout_.group("knowledge"), layout_), config_.prompt, width, llm_.width()),
          decoupler_(layout_, config_.decoupler, semantic ? columns() : width, llm_.width()),
          temperature_(config_.unseen.temperature_in(layout_)),
          aligner_(layout_, config_.aligner, width, semantic ? columns() : 0),
          channel_(lambda()),
          gate_(gate()),
          adapter_(layout_, config_.adapter, llm_.adapter_sizes()),
          objectives_(config_.loss.objective, config_.objectives),
          brought_(bench.on),
          batch_(uploaded(host)),
          host_(host) {
        REQUIRE(layout_.tensors().size() == bench.model.layout().tensors().size());
        for (std::size_t t = 0; t < layout_.tensors().size(); ++t) {
            REQUIRE(layout_.tensors()[t].name == bench.model.layout().tensors()[t].name);
            REQUIRE(layout_.tensors()[t].ref.at == bench.model.layout().tensors()[t].ref.at);
        }
        bench_.work.reset();
        coco::Context<P> ctx = bench_.pass();
        const auto seen = behaviour(ctx);
        e_ = coco::conformance::downloaded<P>(bench_.on, query_rows(ctx, seen.h_all));
        auto prompts = prompted(ctx);
        const auto mix = run_llm(ctx, prompts);
        mix_ = coco::conformance::downloaded<P>(bench_.on, mix.out);
        codes_ = codes_of(prompts);
        const coco::CRows<P> h = seen.h;
        kappa_ = kappa_of(seen.items);
        const coco::CRows<P> a = aligned(ctx, prompts, mix, mix.out, h);
        const Numbers v = joined(coco::conformance::downloaded<P>(bench_.on, seen.items.vectors));
        open.assign(host.target_row.size(), 0);
        agreed = with_knowledge = 0;
        h_ = padded(coco::conformance::downloaded<P>(bench_.on, h));
        a_ = coco::conformance::downloaded<P>(bench_.on, a);
        for (Index s = 0; s < host.targets_of.count(); ++s)
            for (Id t = host.targets_of.at[static_cast<std::size_t>(s)];
                 t < host.targets_of.at[static_cast<std::size_t>(s) + 1]; ++t) {
                if (host.group_of_segment[static_cast<std::size_t>(s)] < 0) continue;
                ++with_knowledge;
                const Id item = host.target_item[static_cast<std::size_t>(t)];
                const bool nearer = cosine(a_, t, v, item) > cosine(h_, t, v, item);
                agreed += nearer;
                open[static_cast<std::size_t>(t)] = !nearer;
            }
    }

    /// The objective at the current parameters of `bench`.
    double loss() {
        bench_.work.reset();
        coco::Context<P> ctx = bench_.pass();
        const auto seen = behaviour(ctx);
        const coco::CRows<P> h = seen.h, v = seen.items.vectors;
        auto prompts = prompted(ctx);
        REQUIRE(codes_of(prompts) == codes_);
        const auto mix = run_llm(ctx, prompts);
        const coco::CRows<P> then =
            coco::conformance::uploaded(bench_.on, bench_.work, mix_, {mix.out.rows, mix.out.cols});
        const coco::CRows<P> live = aligned(ctx, prompts, mix, mix.out, h),
                             held = aligned(ctx, prompts, mix, then, h);
        Numbers rows = coco::conformance::downloaded<P>(bench_.on, held);
        const Numbers moving = coco::conformance::downloaded<P>(bench_.on, live);
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (open[i / static_cast<std::size_t>(ranked())]) rows[i] = moving[i];
        const coco::CRows<P> a =
            coco::conformance::uploaded(bench_.on, bench_.work, rows, {h.rows, ranked()});
        const coco::CRows<P> all = coco::conformance::uploaded(
            bench_.on, bench_.work, joined(coco::conformance::downloaded<P>(bench_.on, v)),
            {items, ranked()});
        const coco::Rows<P> terms =
            coco::conformance::uploaded(bench_.on, bench_.work, Numbers(4, 0.0), {1, 4});
        const coco::LossWeights& w = config_.loss;
        const coco::CRows<P> sharp = fixed() ? coco::CRows<P>(temperature_.forward(ctx, a)) : a;
        objectives_.step(ctx, sharp, all, batch_.targets, 1, terms.data, ctx.work.keep(h.rows, ranked()), {});
        if (w.alpha > 0 && !fixed())
            coco::loss::info_nce<P>(ctx, w.auxiliary_on == coco::AuxiliaryOn::aligned && !semantic ? a : h, v,
                                    batch_.targets, w.temperature, w.alpha, terms.data + 1,
                                    ctx.work.keep(h.rows, h.cols), {});
        coco::Context<P> without = ctx.inputs_only();
        prompt_.penalty(without, prompts, w.gamma, w.beta, terms.data + 2);
        double sum = 0;
        for (const double term : coco::conformance::downloaded<P>(bench_.on, terms)) sum += term;
        return sum;
    }

    /// Adds to the gradients of `bench` the gradient of L_rec for the adapter (and the soft prompts), with
    /// the slopes of closed rows set to zero and backward run through every group of the language model.
    void open_rows_alone() {
        bench_.work.reset();
        bench_.gradients.zero(bench_.on);
        coco::Context<P> ctx = bench_.pass(), inputs = ctx.inputs_only();
        const auto seen = behaviour_.forward(ctx, batch_);
        const coco::CRows<P> h = seen.h;
        auto prompts = prompted(ctx);
        const auto mix = run_llm(ctx, prompts);
        const auto pure = decoupler_.forward(ctx, coco::CRows<P>(prompts.out), prompts.of_group,
                                             coco::CRows<P>(mix.out), mix.of_group);
        const auto of = by_segment(ctx, pure.of_group);
        const auto out = aligner_.forward(ctx, h, batch_.targets.of_segment, coco::CRows<P>(pure.out), of);
        const coco::Rows<P> da = ctx.work.keep(h.rows, h.cols),
                            dpure = ctx.work.keep(pure.out.rows, pure.out.cols);
        const coco::Rows<P> dmix = ctx.work.keep(mix.out.rows, mix.out.cols),
                            dsoft = ctx.work.keep(prompts.out.rows, prompts.out.cols);
        const coco::Rows<P> unused = ctx.work.keep(1, 1);
        objectives_.step(ctx, coco::CRows<P>(out.out), coco::CRows<P>(seen.items.vectors), batch_.targets, 1,
                         unused.data, da, {});
        Numbers slopes = coco::conformance::downloaded<P>(bench_.on, da);
        for (std::size_t i = 0; i < slopes.size(); ++i)
            slopes[i] *= open[i / static_cast<std::size_t>(width)];
        const coco::CRows<P> dopen =
            coco::conformance::uploaded(bench_.on, bench_.work, slopes, {da.rows, da.cols});
        aligner_.backward(inputs, out, dopen, {}, dpure);
        decoupler_.backward(inputs, pure, coco::CRows<P>(dpure), {}, dmix);
        llm_.backward(ctx, adapter_, mix, coco::CRows<P>(dmix), dsoft,
                      std::vector<std::uint8_t>(host_.query_row.size(), 1));
    }

    std::vector<int> open;  ///< one per target: 1 where it has knowledge and M = 0
    int agreed = 0, with_knowledge = 0;
    const Numbers& h() const { return h_; }
    const Numbers& a() const { return a_; }
    Index max_codes() const { return max_codes_; }

private:
    bool fixed() const { return stage_ == coco::TrainingStage::knowledge; }
    /// Where it is fixed, as in evaluation.
    auto behaviour(coco::Context<P>& ctx) {
        coco::Context<P> seen = fixed() ? ctx.inputs_only() : ctx;
        seen.training = !fixed();
        return behaviour_.forward(seen, batch_);
    }

    static constexpr bool semantic = coco::items::HasSemanticColumns<Items>;

    Index columns() const {
        if constexpr (semantic)
            return behaviour_.items().columns();
        else
            return 0;
    }
    Index ranked() const { return width + columns(); }
    coco::TensorRef lambda() {
        if (!semantic) return {};
        layout_.group("channel");
        return layout_.claim("channel.lambda", 1, 1, coco::Init::zeros());
    }
    template <class Saved>
    Numbers kappa_of(const Saved& saved) {
        if constexpr (semantic)
            return coco::conformance::downloaded<P>(bench_.on, saved.kappa);
        else
            return {};
    }
    coco::TensorRef gate() {
        if constexpr (semantic)
            if (config_.behaviour.items.popularity) {
                std::vector<float> given(items);
                config_.behaviour.items.popularity(given);
                popularity_.assign(given.begin(), given.end());
                return layout_.claim("channel.gate", 1, 1, coco::Init::zeros());
            }
        return {};
    }
    /// [x ; g kappa] and [x ; 0], row by row.
    Numbers joined(const Numbers& x) {
        Numbers gates(items, 1.0);
        for (std::size_t i = 0; i < popularity_.size(); ++i)
            gates[i] = std::exp(-bench_.value(gate_)[0] * popularity_[i]);
        return beside(
            x, [&](std::size_t at) { return gates[at / static_cast<std::size_t>(columns())] * kappa_[at]; });
    }
    Numbers padded(const Numbers& x) const {
        return beside(x, [](std::size_t) { return 0.0; });
    }
    template <class More>
    Numbers beside(const Numbers& x, const More& more) const {
        const auto d = static_cast<std::size_t>(width), r = static_cast<std::size_t>(columns());
        Numbers out;
        for (std::size_t i = 0; i < x.size() / d; ++i) {
            for (std::size_t j = 0; j < d; ++j) out.push_back(x[i * d + j]);
            for (std::size_t j = 0; j < r; ++j) out.push_back(more(i * r + j));
        }
        return out;
    }
    /// [h ; lambda (k + o)] where there is knowledge, else [h ; 0], from the definition.
    Numbers with_channel(const Numbers& h, const Numbers& o) {
        const auto r = static_cast<std::size_t>(columns());
        const double by = bench_.value(channel_)[0];
        Numbers user(o.size(), 0.0);
        for (std::size_t s = 0, target = 0; s < host_.group_of_segment.size(); ++s)
            for (; target < static_cast<std::size_t>(host_.targets_of.at[s + 1]); ++target) {
                if (host_.group_of_segment[s] < 0) continue;
                const Id row = host_.target_row[target];
                std::size_t history = 0;
                while (host_.segments.at[history + 1] <= row) ++history;
                double weights = 0, weight = 1;
                Numbers k(r, 0.0);
                for (Id i = row; i >= host_.segments.at[history]; --i, weight *= config_.channel.decay) {
                    weights += weight;
                    const auto item = static_cast<std::size_t>(host_.item[static_cast<std::size_t>(i)]);
                    for (std::size_t j = 0; j < r; ++j) k[j] += weight * kappa_[item * r + j];
                }
                for (std::size_t j = 0; j < r; ++j)
                    user[target * r + j] = by * (k[j] / weights + o[target * r + j]);
            }
        return beside(h, [&](std::size_t at) { return user[at]; });
    }

    double cosine(const Numbers& x, Index i, const Numbers& y, Index k) const {
        double xy = 0, xx = 0, yy = 0;
        for (Index j = 0; j < ranked(); ++j) {
            const double a = x[static_cast<std::size_t>(i * ranked() + j)],
                         b = y[static_cast<std::size_t>(k * ranked() + j)];
            xy += a * b, xx += a * a, yy += b * b;
        }
        return xy / std::sqrt(xx * yy);
    }

    coco::Batch<P> uploaded(const coco::HostBatch& host) {
        coco::Context<P> ctx{bench_.on, brought_};
        return coco::upload(ctx, host);
    }
    coco::CRows<P> query_rows(coco::Context<P>& ctx, coco::CRows<P> h_all) {
        const coco::Rows<P> e = ctx.work.keep(batch_.groups(), width);
        coco::nn::gather<P>(ctx.on, h_all, batch_.query_row, e);
        return e;
    }
    auto prompted(coco::Context<P>& ctx) {
        const coco::CRows<P> e =
            coco::conformance::uploaded(bench_.on, bench_.work, e_, {batch_.groups(), width});
        return prompt_.forward(ctx, e);
    }
    template <class Prompts>
    auto run_llm(coco::Context<P>& ctx, const Prompts& prompts) {
        typename Llm::template Input<P> in;
        in.soft = prompts.out;
        in.soft_of = prompts.of_group;
        in.token = batch_.token;
        in.text_of = batch_.text_of;
        in.instruction = ctx.on.upload(bench_.text.instruction(), ctx.work);
        in.group = batch_.group_key;
        in.soft_last = coco::prompt::behind_text<Prompt>;
        return llm_.forward(ctx, adapter_, in);
    }
    template <class Prompts, class Mix>
    coco::CRows<P> aligned(coco::Context<P>& ctx, const Prompts& prompts, const Mix& mix, coco::CRows<P> rows,
                           coco::CRows<P> h) {
        const auto pure =
            coco::decoupler::forward(ctx, decoupler_, coco::CRows<P>(prompts.out), prompts.of_group, rows,
                                     mix.of_group, coco::prompt::behind_text<Prompt>);
        const auto of = by_segment(ctx, pure.of_group);
        const coco::CRows<P> out =
            aligner_.forward(ctx, h, batch_.targets.of_segment, coco::CRows<P>(pure.out), of).out;
        if constexpr (semantic)
            return coco::conformance::uploaded(bench_.on, bench_.work,
                                               with_channel(coco::conformance::downloaded<P>(bench_.on, h),
                                                            coco::conformance::downloaded<P>(bench_.on, out)),
                                               {h.rows, ranked()});
        else
            return out;
    }
    coco::Segments<P> by_segment(coco::Context<P>& ctx, const coco::Segments<P>& of_group) {
        coco::Offsets offsets;
        for (const Id g : host_.group_of_segment) offsets.push(g < 0 ? 0 : of_group.length(g));
        const std::span<Id> at = ctx.work.numbers(static_cast<Index>(offsets.at.size()));
        std::copy(offsets.at.begin(), offsets.at.end(), at.begin());
        return coco::nn::segments(ctx, std::span<const Id>(at));
    }
    template <class Prompts>
    std::vector<Id> codes_of(const Prompts& prompts) {
        if constexpr (Prompt::selects_codes) {
            max_codes_ = prompts.selection.of_row.longest;
            return {prompts.selection.code_host.begin(), prompts.selection.code_host.end()};
        } else {
            return {};
        }
    }

    Bench<Model, P>& bench_;
    coco::TrainingStage stage_;
    typename Model::Config config_;
    coco::ParameterLayout layout_;
    coco::Behaviour<Backbone, Items> behaviour_;
    Llm llm_;
    Prompt prompt_;
    Decoupler decoupler_;
    coco::nn::Temperature temperature_;
    Aligner aligner_;
    Numbers popularity_;
    coco::TensorRef channel_, gate_;
    Adapter adapter_;
    ObjectiveList objectives_;
    coco::Workspace<P> brought_;
    coco::Batch<P> batch_;
    const coco::HostBatch& host_;
    Numbers e_, mix_, h_, a_, kappa_;
    std::vector<Id> codes_;
    Index max_codes_ = 0;
};

}  // namespace shop
