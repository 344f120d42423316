// SPDX-License-Identifier: Apache-2.0
/// \file
/// Trains an RQ-VAE on the vectors of a catalogue's items and makes semantic ids with it. Codebooks begin as
/// residual k-means of the encoder's first answers; a code that no item chose in an epoch moves to what the
/// levels before it leave of a random item.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/random.hpp>
#include <coco/core/setting_list.hpp>
#include <coco/nn/parameters.hpp>
#include <coco/quantize/residual_kmeans.hpp>
#include <coco/quantize/rq_vae.hpp>
#include <coco/train/adamw.hpp>
#include <coco/train/not_finite.hpp>
#include <coco/train/rq_vae_training.hpp>
#include <coco/train/update.hpp>

namespace coco {

namespace quantize {

/// used_k = 1 where a row chose code k.
template <class T>
struct MarkUsed {
    const Id* nearest;
    Index rows;
    T* used;

    template <class Row>
    COCO_HD void operator()(Index k, const Row& row) const {
        const Id* const from = nearest;
        const T chosen = row.sum(rows, [from, k](Index i) { return from[i] == k ? T(1) : T(0); });
        T* const to = used + k;
        if (chosen > T(0)) row.each(1, [to](Index) { *to = T(1); });
    }
};

}  // namespace quantize

/// One training run. Results are a function of vectors, settings and seed alone.
template <class P>
class RqVaeTrainer {
public:
    using T = typename P::Scalar;

    /// Draws the weights and starts the codebooks. \param items  must outlive the trainer
    /// \throws Error where a setting is out of range, or a level has more codes than there are different
    /// vectors
    RqVaeTrainer(P& on, const quantize::ItemVectors& items, const quantize::RqVae::Config& model,
                 const RqVaeTraining& config)
        : on_(on),
          items_(items),
          config_(checked(items, model, config)),
          model_(layout_, model, items.width()),
          parameters_(on, layout_, config.seed),
          update_(on, layout_, config.optimizer),
          work_(on),
          losses_(on, quantize::RqVae::terms) {
        stage_.rate = config.rate;
        stage_.warm_up = config.warm_up;
        for (Index l = 0; l < levels(); ++l) first_code_.push_back(first_code_.back() + codes(l).rows);
        used_ = Block<T, P>(on, first_code_.back());
        shuffle();
        const auto count = static_cast<std::size_t>(std::min(config.start_items, items.size()));
        const std::vector<float> z = encoded(gathered(std::span(order_).first(count)));
        set(quantize::residual_kmeans(z, model_.config().width,
                                      {model.codes, config.start_iterations, config.seed}));
    }

    const quantize::RqVae& model() const { return model_; }
    const ParameterLayout& layout() const { return layout_; }
    Parameters<P>& parameters() { return parameters_; }

    /// Every different vector once, in an order of this epoch's own.
    /// \throws Error naming epoch and step where a loss or gradient was not finite
    RqVaeLoss epoch() {
        ++epoch_;
        shuffle();
        on_.fill(losses_.list(), T(0));
        on_.fill(used_.list(), T(0));
        Index number = 0;
        const std::size_t batch = static_cast<std::size_t>(config_.batch);
        for (std::size_t first = 0; first < order_.size(); first += batch)
            step(std::span(order_).subspan(first, std::min(batch, order_.size() - first)), ++number);
        require_nothing_found(update_.not_finite(on_), layout_, TrainingStage("rq_vae"), epoch_);
        const std::vector<T> sums = values_of<P>(on_, losses_.view(1, losses_.size()));
        const auto mean = [&](std::size_t term) {
            return static_cast<double>(sums[term]) / static_cast<double>(number);
        };
        return {mean(quantize::RqVae::reconstruction), mean(quantize::RqVae::quantization),
                config_.revive && epoch_ < config_.epochs ? revive() : 0};
    }

    /// The codebooks as they are.
    quantize::Codebooks codebooks() {
        quantize::Codebooks books(model_.config().width);
        for (Index l = 0; l < levels(); ++l) {
            const std::vector<T> values = values_of(on_, parameters_, codes(l));
            books.add({values.begin(), values.end()});
        }
        return books;
    }

    /// Semantic ids of all items, with the weights as they are.
    quantize::Quantized quantized() {
        const quantize::Codebooks books = codebooks();
        const std::vector<float> z = encoded(items_.rows_and_zero());
        const std::size_t width = static_cast<std::size_t>(model_.config().width);
        const quantize::Coded all = books(z);
        quantize::Quantized out;
        out.left = books(std::span(z).first(z.size() - width)).left;
        out.ids = items_.ids(all.codes, books.sizes());
        const std::vector<float> restored =
            passed(books.sums(all.codes), model_.config().width,
                   [&](Context<P>& ctx, CRows<P> x) { return model_.decode(ctx, x); });
        double squares = 0;
        for (std::size_t i = 0; i < items_.rows().size(); ++i) {
            const double d = static_cast<double>(items_.rows()[i]) - static_cast<double>(restored[i]);
            squares += d * d;
        }
        const double variance = items_.variance();
        out.error = variance > 0 ? squares / static_cast<double>(items_.size()) / variance : 0;
        return out;
    }

private:
    static constexpr std::uint64_t shuffle_stream = 0x72717368, revive_stream = 0x72717276;

    static const RqVaeTraining& checked(const quantize::ItemVectors& items,
                                        const quantize::RqVae::Config& model, const RqVaeTraining& config) {
        check_settings(config, "rq_vae_training");
        items.require_enough_for(model.codes);
        const Index most =
            model.codes.empty() ? 0 : *std::max_element(model.codes.begin(), model.codes.end());
        require(config.start_items >= most, "rq_vae_training.start_items", "fewer than a level's codes",
                text_of("at least ", most), text_of(config.start_items));
        return config;
    }

    Index levels() const { return model_.quantizer().levels(); }
    const TensorRef& codes(Index level) const { return model_.quantizer().codes(level); }

    /// An order of the rows that is this epoch's alone.
    void shuffle() {
        order_.resize(static_cast<std::size_t>(items_.size()));
        for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = static_cast<Id>(i);
        RandomStream(config_.seed, shuffle_stream + (static_cast<std::uint64_t>(epoch_) << 32))
            .shuffle(order_);
    }
    std::vector<float> gathered(std::span<const Id> rows) const {
        const std::size_t w = static_cast<std::size_t>(items_.width());
        std::vector<float> out;
        out.reserve(rows.size() * w);
        for (const Id row : rows) {
            const auto from = items_.rows().subspan(static_cast<std::size_t>(row) * w, w);
            out.insert(out.end(), from.begin(), from.end());
        }
        return out;
    }

    void step(std::span<const Id> rows, Index number) {
        const Index n = static_cast<Index>(rows.size()), w = items_.width();
        const std::span<T> x = work_.template numbers<T>(n * w);
        for (std::size_t i = 0; i < rows.size(); ++i)
            std::copy_n(items_.rows().data() + rows[i] * w, w, x.data() + static_cast<Index>(i) * w);
        Context<P> ctx = parameters_.context(on_, work_);
        update_.gradients().zero(on_);
        update_.gradients().attach(ctx);
        ctx.training = true;
        const auto uploaded = on_.upload(std::span<const T>(x), work_);
        const auto chosen = model_.step(ctx, CRows<P>(uploaded.data, n, w), losses_.data());
        for (Index l = 0; l < levels(); ++l)
            on_.for_each_row(codes(l).rows, n,
                             quantize::MarkUsed<T>{chosen.nearest_of(l).data, n,
                                                   used_.data() + first_code_[static_cast<std::size_t>(l)]});
        update_(on_, parameters_, stage_, ++steps_, {}, losses_.list(), number);
        work_.reset();
    }

    /// Unused codes become residuals of random items; returns their number.
    Index revive() {
        const std::vector<T> used = values_of<P>(on_, used_.view(1, used_.size()));
        std::vector<std::vector<std::size_t>> unused(static_cast<std::size_t>(levels()));
        std::size_t most = 0, count = 0;
        for (std::size_t l = 0; l < unused.size(); ++l) {
            for (Index k = first_code_[l]; k < first_code_[l + 1]; ++k)
                if (used[static_cast<std::size_t>(k)] == T(0))
                    unused[l].push_back(static_cast<std::size_t>(k - first_code_[l]));
            most = std::max(most, unused[l].size());
            count += unused[l].size();
        }
        if (count == 0) return 0;
        RandomStream random(config_.seed, revive_stream + (static_cast<std::uint64_t>(epoch_) << 32));
        random.shuffle(order_);
        std::vector<float> left = encoded(gathered(std::span(order_).first(std::min(most, order_.size()))));
        const quantize::Codebooks before = codebooks();
        quantize::Codebooks after(before.width());
        const std::size_t width = static_cast<std::size_t>(before.width());
        std::vector<Id> taken;
        for (std::size_t l = 0; l < unused.size(); ++l) {
            std::vector<float> now(before.codes(static_cast<Index>(l)).begin(),
                                   before.codes(static_cast<Index>(l)).end());
            for (std::size_t i = 0; i < unused[l].size(); ++i)
                std::copy_n(left.begin() + static_cast<std::ptrdiff_t>(i * width), width,
                            now.begin() + static_cast<std::ptrdiff_t>(unused[l][i] * width));
            before.take(static_cast<Index>(l), left, taken);
            after.add(std::move(now));
        }
        set(after);
        return static_cast<Index>(count);
    }

    void set(const quantize::Codebooks& books) {
        for (Index l = 0; l < levels(); ++l) {
            const std::vector<T> values(books.codes(l).begin(), books.codes(l).end());
            on_.upload(values.data(), parameters_.list(codes(l)));
        }
    }

    std::vector<float> encoded(std::span<const float> rows) {
        return passed(rows, items_.width(),
                      [&](Context<P>& ctx, CRows<P> x) { return model_.encode(ctx, x); });
    }
    /// What `pass` makes of rows, a batch at a time.
    template <class Pass>
    std::vector<float> passed(std::span<const float> rows, Index width, const Pass& pass) {
        const std::size_t part = static_cast<std::size_t>(config_.batch * width);
        std::vector<float> out;
        for (std::size_t first = 0; first < rows.size(); first += part) {
            const auto some = rows.subspan(first, std::min(part, rows.size() - first));
            const std::vector<T> x(some.begin(), some.end());
            Context<P> ctx = parameters_.context(on_, work_);
            const auto uploaded = on_.upload(std::span<const T>(x), work_);
            const std::vector<T> y =
                values_of<P>(on_, CRows<P>(pass(ctx, CRows<P>(uploaded.data, uploaded.size / width, width))));
            out.insert(out.end(), y.begin(), y.end());
            work_.reset();
        }
        return out;
    }

    P& on_;
    const quantize::ItemVectors& items_;
    RqVaeTraining config_;
    ParameterLayout layout_;
    quantize::RqVae model_;
    Parameters<P> parameters_;
    Update<P, AdamW<P>> update_;
    Workspace<P> work_;
    Block<T, P> losses_, used_;
    std::vector<Index> first_code_{0};
    StageSettings stage_;
    std::vector<Id> order_;
    Index epoch_ = 0, steps_ = 0;
};

/// Semantic ids by an RQ-VAE. \param on_epoch  called with the number of the epoch, from 1, and its losses
template <class P>
quantize::Quantized quantize_by_rq_vae(P& on, const quantize::ItemVectors& items,
                                       const quantize::RqVae::Config& model, const RqVaeTraining& config,
                                       const std::function<void(Index, const RqVaeLoss&)>& on_epoch = {}) {
    RqVaeTrainer<P> trainer(on, items, model, config);
    for (Index epoch = 1; epoch <= config.epochs; ++epoch) {
        const RqVaeLoss loss = trainer.epoch();
        if (on_epoch) on_epoch(epoch, loss);
    }
    return trainer.quantized();
}

}  // namespace coco
