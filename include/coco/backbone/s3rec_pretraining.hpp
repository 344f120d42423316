// SPDX-License-Identifier: Apache-2.0
/// \file
/// What only S3-Rec's pre-training trains (Zhou et al., CIKM 2020): the vector of masked rows, a map for each
/// of the four losses, the vectors of attributes; and these losses.
#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/settings.hpp>
#include <coco/loss/multi_label.hpp>
#include <coco/loss/sigmoid_margin.hpp>
#include <coco/nn/embedding_bag.hpp>
#include <coco/nn/linear.hpp>
#include <coco/nn/mask_vector.hpp>
#include <coco/nn/sequence.hpp>

namespace coco::backbone {

/// Weights of the losses, as in the paper; one of weight 0 is not computed.
struct S3RecWeights {
    double aap = 0.2;  ///< attributes of an item that is seen
    double mip = 1;    ///< a masked item
    double map = 1;    ///< attributes of a masked item
    double sp = 0.5;   ///< a masked segment

    static auto settings(auto& c, auto&& visit) {
        return visit(setting("aap", c.aap, between(0, 1e6)), setting("mip", c.mip, between(0, 1e6)),
                     setting("map", c.map, between(0, 1e6)), setting("sp", c.sp, between(0, 1e6)));
    }
};

/// L = (1 / samples) (w_aap AAP + w_mip MIP + w_map MAP + w_sp SP). Each term is a sum over its rows, as in
/// the published code; the quotient makes the loss, and what clipping sees of its gradient, independent of
/// the size of a batch. With h a row, W a map with bias, E the item vectors, A the attributes', s the
/// logistic function and BCE the sum over all attributes:
///
///     AAP  BCE(s(A W_aap h), attributes of its item)         rows that are not masked
///     MIP  -log s(s(W_mip h . E_item) - s(W_mip h . E_negative))           masked rows
///     MAP  BCE(s(A W_map h), attributes of its item)                       masked rows
///     SP   -log s(s(W_sp c . p) - s(W_sp c . n))      last rows of three segments a sample
///
/// The targets of a batch are these rows, kind by kind: masked, not masked, c, p, n.
class S3RecPretraining {
public:
    S3RecPretraining() = default;
    /// \param values      number of attributes; 0: without AAP and MAP
    /// \param attributes  of each item; null: only for a model that is not pre-trained any more
    /// \throws Error where these do not go together, or an item has an attribute twice
    [[gnu::cold, gnu::noinline]] S3RecPretraining(ParameterLayout& layout, Index width, double init,
                                                  const S3RecWeights& weights, Index values,
                                                  std::shared_ptr<const nn::Bags> attributes)
        : weights_(weights), attributes_(std::move(attributes)) {
        check(values);
        layout.group("pretraining", ParameterBlock::dense, GroupUse::may_stay_untrained);
        const Init normal = Init::normal(init);
        mask_ = nn::MaskVector(layout, "mask", width, normal);
        mip_ = nn::Linear(layout, "mip", width, width, normal);
        sp_ = nn::Linear(layout, "sp", width, width, normal);
        if (values == 0) return;
        aap_ = nn::Linear(layout, "aap", width, width, normal);
        map_ = nn::Linear(layout, "map", width, width, normal);
        attribute_ = layout.claim("attribute", values, width, normal);
    }

    const nn::MaskVector& mask() const { return mask_; }

    /// *loss +=, dh =, dvectors += unless empty, the parameters' gradients +=.
    /// \param h        targets x width, encoded with each row seeing all of its segment
    /// \param vectors  items x width
    /// \throws Error where the batch is not one of `sampling::Pretraining`, or attributes are missing
    template <class P>
    void step(Context<P>& ctx, CRows<P> h, CRows<P> vectors, const Targets<P>& targets,
              typename P::Scalar* loss, Rows<P> dh, Rows<P> dvectors) const {
        const Segments<P>& of = targets.of_segment;
        check(of, vectors.rows);
        const auto rows = [&](auto all, Kind kind) { return all.rows_from(of.begin(kind), of.length(kind)); };
        const double share = of.length(context) > 0 ? 1 / static_cast<double>(of.length(context)) : 0;
        nn::fill<P>(ctx.on, dh, 0);
        if (weights_.mip > 0)
            through(ctx, mip_, rows(h, masked), rows(dh, masked), [&](CRows<P> q, Rows<P> dq) {
                loss::sigmoid_margin_of_items<P>(ctx, q, vectors, targets, weights_.mip * share, loss, dq,
                                                 dvectors);
            });
        if (weights_.sp > 0)
            through(ctx, sp_, rows(h, context), rows(dh, context), [&](CRows<P> q, Rows<P> dq) {
                loss::sigmoid_margin<P>(ctx, q, rows(h, positive), rows(h, negative), weights_.sp * share,
                                        loss, dq, rows(dh, positive), rows(dh, negative));
            });
        if (attribute_.rows == 0 || (weights_.aap == 0 && weights_.map == 0)) return;
        const loss::LabelBags<P> bags{ctx.on.upload(std::span<const Id>(attributes_->offsets().at), ctx.work),
                                      ctx.on.upload(attributes_->ids(), ctx.work)};
        const auto attributes = [&](const nn::Linear& map, Kind kind, double weight) {
            if (weight == 0) return;
            const Ids<P> item = targets.item.from(of.begin(kind), of.length(kind));
            through(ctx, map, rows(h, kind), rows(dh, kind), [&](CRows<P> q, Rows<P> dq) {
                loss::multi_label<P>(ctx, q, ctx.value(attribute_), item, bags, weight * share, loss, dq,
                                     ctx.gradient(attribute_));
            });
        };
        attributes(map_, masked, weights_.map);
        attributes(aap_, seen, weights_.aap);
    }

private:
    enum Kind : Index { masked, seen, context, positive, negative, kinds };

    /// A loss of mapped rows: dh += its gradient. \param loss_of  (q, dq), q = the map of h
    template <class P, class LossOf>
    static void through(Context<P>& ctx, const nn::Linear& map, CRows<P> h, Rows<P> dh,
                        const LossOf& loss_of) {
        if (h.rows == 0) return;
        const auto q = map.forward(ctx, h);
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> dq = ctx.work.scratch(h.rows, h.cols), more = ctx.work.scratch(h.rows, h.cols);
        loss_of(CRows<P>(q.out), dq);
        map.backward(ctx, q, CRows<P>(dq), more);
        nn::copy<P>(ctx.on, CRows<P>(more), dh, Write::add);
    }

    [[gnu::cold]] void check(Index values) const {
        if (!attributes_) return;
        require(attributes_->rows() == values, "s3rec.values", "not those of the attributes",
                text_of(attributes_->rows()), text_of(values));
        std::vector<Id> last(static_cast<std::size_t>(values), no_id);
        for (std::size_t item = 0; item + 1 < attributes_->offsets().at.size(); ++item) {
            const Id first = attributes_->offsets().at[item], end = attributes_->offsets().at[item + 1];
            for (const Id value : attributes_->ids().subspan(static_cast<std::size_t>(first),
                                                             static_cast<std::size_t>(end - first))) {
                Id& before = last[static_cast<std::size_t>(value)];
                require(before != static_cast<Id>(item), text_of("s3rec.attributes, item ", item),
                        "an attribute twice", "each once", text_of(value));
                before = static_cast<Id>(item);
            }
        }
    }
    template <class P>
    void check(const Segments<P>& of, Index items) const {
        require(of.count() == kinds && of.length(context) == of.length(positive) &&
                    of.length(context) == of.length(negative),
                "stage pretraining", "a batch of another sampler", "sampling::Pretraining");
        if (attribute_.rows == 0) return;
        require(attributes_ != nullptr, "stage pretraining", "the attributes of the items are missing",
                "Config::attributes");
        require(attributes_->count() == items, "s3rec.attributes", "not those of these items", text_of(items),
                text_of(attributes_->count()));
    }

    S3RecWeights weights_;
    std::shared_ptr<const nn::Bags> attributes_;
    nn::MaskVector mask_;
    nn::Linear mip_, sp_, aap_, map_;
    TensorRef attribute_;
};

}  // namespace coco::backbone
