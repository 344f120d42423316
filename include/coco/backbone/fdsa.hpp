// SPDX-License-Identifier: Apache-2.0
/// \file
/// FDSA (Zhang et al., IJCAI 2019) in RecBole's form: beside the items of a history a second self-attention
/// reads their features (categories, brand, words of the title).
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <coco/backbone/concept.hpp>
#include <coco/backbone/feature_bags.hpp>
#include <coco/core/role.hpp>
#include <coco/core/setting_list.hpp>
#include <coco/core/settings.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/nn/encoder.hpp>
#include <coco/nn/field_attention.hpp>
#include <coco/nn/gather_bags.hpp>
#include <coco/nn/sequence.hpp>

namespace coco::backbone {

/// With f_k the mean vector of an item's values of field k, P positions and one layer norm LN for all:
///     f   = sum_k alpha_k f_k                        (nn::FieldAttention)
///     o   = encoder(drop(LN(x + P))),  o' = encoder'(drop(LN(f + P)))
///     h   = drop(LN(W [o ; o'] + b)),
/// h_t of items 1..t of its segment. An item without values has f = 0, as has a row without an item (id -1).
class FDSA {
public:
    using Role = role::Backbone;
    static constexpr const char* setting_name = "fdsa";
    static constexpr nn::AttentionMask attention_mask = nn::AttentionMask::causal;

    struct Config {
        nn::EncoderConfig encoder;  ///< of items and of features alike
        Index window = 50;          ///< longest history, in items
        Fields features;            ///< of all items; `FeatureBags::features`
        std::string texts;          ///< `FeatureBags::digest`; checkpoints store it, and refuse others

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("encoder", c.encoder), setting("window", c.window, at_least(1)),
                         not_stored(), setting("texts", c.texts));
        }

        Index width() const { return encoder.width; }
    };

    /// Of the items or of their features.
    template <class P>
    struct SavedPath {
        typename nn::Norm::Saved<P> norm;
        typename nn::Dropout::Saved<P> dropped;
        typename nn::Encoder::Saved<P> encoder;
    };
    template <class P>
    struct Saved {
        typename nn::FieldAttention::Saved<P> fields;
        SavedPath<P> item, feature;
        typename nn::Linear::Saved<P> joined;
        typename nn::Norm::Saved<P> norm;
        typename nn::Dropout::Saved<P> dropped;
        CRows<P> h;  ///< rows x width, to be multiplied with item vectors
    };

    /// \throws Error where there is no field, one has no values or is of other items than the first, or the
    ///         digest is that of other features
    [[gnu::cold, gnu::noinline]] FDSA(ParameterLayout& layout, const Config& config)
        : fields_(checked(config)) {
        const ParameterLayout::Scope scope(layout, "fdsa");
        const nn::EncoderConfig& encoder = config.encoder;
        const Init init = Init::normal(encoder.init);
        const Index width = encoder.width;
        for (const auto& field : fields_)
            value_.push_back(layout.claim(text_of("value", value_.size()), field->rows(), width, init));
        attention_ = nn::FieldAttention(layout, "fields", static_cast<Index>(fields_.size()), width, init);
        position_ = layout.claim("position", config.window, width, init);
        norm_ = nn::Norm(layout, "norm", width, encoder.epsilon);
        item_ = Path(layout, "item", encoder);
        feature_ = Path(layout, "feature", encoder);
        join_ = nn::Linear(layout, "join", 2 * width, width, init);
        dropout_ = nn::Dropout(layout, encoder.dropout);
    }

    /// \throws Error where the features are of another number of items
    [[gnu::cold]] void check_items(Index items) const {
        require(fields_.front()->count() == items, "fdsa.features", "of another number of items",
                text_of(items), text_of(fields_.front()->count()));
    }

    /// \param x  rows x width: the vectors of the sequence's items
    template <class P>
    Saved<P> forward(Context<P>& ctx, const Sequence<P>& sequence, CRows<P> x) const {
        const Index width = x.cols;
        Saved<P> saved;
        const Rows<P> fields = ctx.work.keep(x.rows, attention_.fields() * width);
        for (std::size_t k = 0; k < fields_.size(); ++k)
            nn::gather_bag_means<P>(ctx, *fields_[k], sequence.item, ctx.value(value_[k]),
                                    fields.cols_from(static_cast<Index>(k) * width, width));
        saved.fields = attention_.forward(ctx, CRows<P>(fields));
        saved.item = path(ctx, sequence, item_, x);
        saved.feature = path(ctx, sequence, feature_, saved.fields.out);

        const Rows<P> both = ctx.work.keep(x.rows, 2 * width);
        nn::copy<P>(ctx.on, saved.item.encoder.out, both.cols_from(0, width));
        nn::copy<P>(ctx.on, saved.feature.encoder.out, both.cols_from(width, width));
        saved.joined = join_.forward(ctx, CRows<P>(both));
        saved.norm = norm_.forward(ctx, CRows<P>(saved.joined.out));
        saved.dropped = dropout_.forward(ctx, CRows<P>(saved.norm.out), sequence.row_key);
        saved.h = saved.dropped.out;
        return saved;
    }

    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>& sequence, const Saved<P>& saved, CRows<P> dh,
                  Rows<P> dx) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Index rows = dh.rows, width = dh.cols;
        const bool learns = !ctx.gradient(position_).empty();
        const Rows<P> inner = ctx.work.scratch(rows, width), outer = ctx.work.scratch(rows, width),
                      dboth = ctx.work.scratch(rows, 2 * width);
        dropout_.backward(ctx, saved.dropped, dh, inner);
        norm_.backward(ctx, saved.norm, CRows<P>(inner), outer);
        join_.backward(ctx, saved.joined, CRows<P>(outer), dboth);
        const CRows<P> dpaths = dboth;
        if (learns || !dx.empty())
            path_backward(ctx, sequence, item_, saved.item, dpaths.cols_from(0, width),
                          dx.empty() ? inner : dx);
        if (!learns) return;
        path_backward(ctx, sequence, feature_, saved.feature, dpaths.cols_from(width, width), inner);
        const Rows<P> dfields = ctx.work.scratch(rows, attention_.fields() * width);
        attention_.backward(ctx, saved.fields, CRows<P>(inner), dfields);
        const Ids<P> place = nn::places_among(ctx, sequence.by_item.id, fields_.front()->count());
        for (std::size_t k = 0; k < fields_.size(); ++k)
            nn::gather_bag_means_backward<P>(
                ctx, *fields_[k], sequence.by_item, place,
                CRows<P>(dfields).cols_from(static_cast<Index>(k) * width, width), ctx.gradient(value_[k]));
    }

private:
    /// What items and features have of their own; position and norm they share.
    struct Path {
        nn::Dropout dropout;
        nn::Encoder encoder;

        Path() = default;
        Path(ParameterLayout& layout, const char* name, const nn::EncoderConfig& config) {
            const ParameterLayout::Scope scope(layout, name);
            dropout = nn::Dropout(layout, config.dropout);
            encoder = nn::Encoder(layout, config, attention_mask);
        }
    };

    /// The features of a valid configuration.
    [[gnu::cold]] static const Fields& checked(const Config& config) {
        check_settings(config, "fdsa");
        const Fields& fields = config.features;
        require(!fields.empty(), "fdsa.features", "none given", "at least one field, of `feature_bags`");
        const std::string digest = digest_of(fields);
        for (std::size_t k = 0; k < fields.size(); ++k) {
            const std::string where = text_of("fdsa.features[", k, "]");
            require(fields[k]->rows() > 0, where, "a field without values", "at least 1", "0");
            require(fields[k]->count() == fields[0]->count(), where, "of another number of items",
                    text_of(fields[0]->count()), text_of(fields[k]->count()));
        }
        require(config.texts == digest, "fdsa.texts", "not the digest of these features", digest,
                config.texts);
        return fields;
    }

    template <class P>
    SavedPath<P> path(Context<P>& ctx, const Sequence<P>& sequence, const Path& of, CRows<P> x) const {
        SavedPath<P> saved;
        const Rows<P> sum = ctx.work.keep(x.rows, x.cols);
        nn::copy<P>(ctx.on, x, sum);
        nn::gather<P>(ctx.on, ctx.value(position_), sequence.position, sum, Write::add);
        saved.norm = norm_.forward(ctx, CRows<P>(sum));
        saved.dropped = of.dropout.forward(ctx, CRows<P>(saved.norm.out), sequence.row_key);
        saved.encoder = of.encoder.forward(ctx, sequence.segments, sequence.row_key, saved.dropped.out);
        return saved;
    }
    template <class P>
    void path_backward(Context<P>& ctx, const Sequence<P>& sequence, const Path& of,
                       const SavedPath<P>& saved, CRows<P> dy, Rows<P> dx) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> inner = ctx.work.scratch(dy.rows, dy.cols), outer = ctx.work.scratch(dy.rows, dy.cols);
        of.encoder.backward(ctx, saved.encoder, dy, inner);
        of.dropout.backward(ctx, saved.dropped, CRows<P>(inner), outer);
        norm_.backward(ctx, saved.norm, CRows<P>(outer), dx);
        if (const Rows<P> dposition = ctx.gradient(position_); !dposition.empty())
            nn::scatter<P>(ctx.on, CRows<P>(dx), sequence.by_position, dposition);
    }

    Fields fields_;
    std::vector<TensorRef> value_;  ///< for each field, values x width
    nn::FieldAttention attention_;
    TensorRef position_;
    nn::Norm norm_;
    Path item_, feature_;
    nn::Linear join_;
    nn::Dropout dropout_;
};

}  // namespace coco::backbone

static_assert(coco::Backbone<coco::backbone::FDSA>);
