// SPDX-License-Identifier: Apache-2.0
/// \file
/// Texts as the packed rows that an encoder reads: token, position and type of each row, without padding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/llm/encoder_config.hpp>
#include <coco/nn/sequence.hpp>
#include <coco/nn/upload.hpp>

namespace coco::llm {

/// Texts in the memory of a policy: the items of the sequence are tokens, a segment is a text.
template <class P>
struct TokenRows {
    Sequence<P> sequence;
    Ids<P> type;  ///< of each row
    Inverse<P> by_type;
};

/// Texts on the host. Its lists must live until the step ends in which they were uploaded.
class TokenBatch {
public:
    void clear() {
        texts_.clear();
        token_.clear();
        position_.clear();
        type_.clear();
        row_key_.clear();
    }
    Index texts() const { return texts_.count(); }
    Index rows() const { return texts_.rows(); }

    /// Adds a text, which may be empty.
    /// \param type  of each token; empty: all 0
    /// \param key   keys the random bits of the text's rows; by default its place in the batch
    void add(std::span<const Id> token, std::span<const Id> type = {}, Id key = no_id) {
        require(type.empty() || type.size() == token.size(), "text", "not a type for each token",
                text_of(token.size()), text_of(type.size()));
        const auto first = static_cast<std::uint32_t>(key == no_id ? texts() : key) * 4096u;
        for (std::size_t i = 0; i < token.size(); ++i) {
            token_.push_back(token[i]);
            position_.push_back(static_cast<Id>(i));
            type_.push_back(type.empty() ? 0 : type[i]);
            row_key_.push_back(static_cast<Id>(first + static_cast<std::uint32_t>(i)));
        }
        texts_.push(static_cast<Index>(token.size()));
    }

    /// \throws Error for a token or type that the encoder does not have, or a text longer than its positions
    template <class P>
    TokenRows<P> upload(Context<P>& ctx, const EncoderConfig& config) {
        check(config);
        TokenRows<P> rows;
        rows.sequence.segments = coco::upload(ctx, texts_);
        rows.sequence.item = to(ctx, token_);
        rows.sequence.position = to(ctx, position_);
        rows.sequence.row_key = to(ctx, row_key_);
        rows.type = to(ctx, type_);
        if (ctx.gradients[0] == nullptr) return rows;
        by_token_.build(token_, config.vocabulary);
        by_position_.build(position_, config.positions);
        by_type_.build(type_, config.types);
        rows.sequence.by_item = coco::upload(ctx, by_token_);
        rows.sequence.by_position = coco::upload(ctx, by_position_);
        rows.by_type = coco::upload(ctx, by_type_);
        return rows;
    }

private:
    template <class P>
    static Ids<P> to(Context<P>& ctx, const std::vector<Id>& list) {
        return ctx.on.upload(std::span<const Id>(list), ctx.work);
    }

    void check(const EncoderConfig& config) const {
        const auto within = [](const std::vector<Id>& list, Index size, const char* problem) {
            for (const Id id : list)
                if (id < 0 || id >= size)
                    throw Error("text encoder", problem, text_of("0 to ", size - 1), text_of(id));
        };
        within(token_, config.vocabulary, "token without an embedding");
        within(type_, config.types, "no such token type");
        require(texts_.longest() <= config.positions, "text encoder", "text longer than the positions",
                text_of("at most ", config.positions, " tokens"), text_of(texts_.longest()));
    }

    Offsets texts_;
    std::vector<Id> token_, position_, type_, row_key_;
    InverseLists by_token_, by_position_, by_type_;
};

}  // namespace coco::llm
