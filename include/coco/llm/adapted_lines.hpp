// SPDX-License-Identifier: Apache-2.0
/// \file
/// Vectors of many texts by a language model with an adapter, and the adapter's gradient from theirs, some
/// texts at a time: the gradients of all vectors are gathered first, then each text is read once more and its
/// part is carried through the layers (gradient caching). Memory is that of one pass, however many texts
/// there are.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <coco/adapter/lora.hpp>
#include <coco/core/error.hpp>
#include <coco/io/file_digest.hpp>
#include <coco/llm/decoder.hpp>
#include <coco/llm/text_model.hpp>
#include <coco/nn/parameters.hpp>
#include <coco/store/workspace.hpp>

namespace coco::llm {

/// t of a text: the mean of the model's rows of its tokens after the last layer used and the final norm.
/// Texts are read without dropout, the adapter's as well, so that vectors and gradient are those of one
/// function.
template <class P, class Adapter = adapter::LoRA, class Model = Decoder<storage::Configured>>
class AdaptedLines {
public:
    using T = typename P::Scalar;

    /// \param lines   tokens of each text
    /// \param tokens  in a pass, at most; a longer text has a pass of its own
    /// \throws Error where a token is not in the vocabulary
    AdaptedLines(std::shared_ptr<P> on, const TextModel& language, std::vector<std::vector<Id>> lines,
                 const typename Adapter::Config& config = {}, std::uint64_t seed = 1, Index tokens = 4096)
        : on_(std::move(on)),
          files_(language.digest),
          lines_(std::move(lines)),
          tokens_(tokens),
          model_(layout_, language.source),
          adapter_(layout_, config, model_.adapter_sizes()),
          parameters_(*on_, layout_, seed),
          work_(*on_) {
        require(tokens >= 1, "adapted lines: tokens", "too small", "at least 1", text_of(tokens));
        for (const std::vector<Id>& line : lines_) model_.config().check_tokens(line);
    }

    Index width() const { return model_.width(); }
    Index count() const { return static_cast<Index>(lines_.size()); }
    const ParameterLayout& layout() const { return layout_; }
    Parameters<P>& parameters() { return parameters_; }

    /// texts x width; zeros for a text without tokens.
    std::vector<T> vectors() {
        std::vector<T> out(lines_.size() * static_cast<std::size_t>(width()), T(0));
        const std::vector<char> all(lines_.size(), 1);
        each_pass(all, [&](std::span<const std::size_t> lines) {
            Context<P> ctx = parameters_.context(*on_, work_);
            const auto saved = read(ctx, lines);
            rows_ = values_of<P>(*on_, CRows<P>(saved.out));
            each_row(lines, [&](std::size_t line, std::size_t row, T share) {
                for (std::size_t j = 0; j < columns(); ++j)
                    out[line * columns() + j] += share * rows_[row * columns() + j];
            });
        });
        return out;
    }

    /// Texts whose vector has no gradient are not read again.
    /// \param dvectors   texts x width    \param gradients  of `layout()`, to which the adapter's are added
    void backward(std::span<const T> dvectors, Gradients<P>& gradients) {
        require(dvectors.size() == lines_.size() * columns(), "adapted lines",
                "not a gradient of each vector", text_of(lines_.size() * columns()),
                text_of(dvectors.size()));
        std::vector<char> wanted;
        for (std::size_t line = 0; line < lines_.size(); ++line) {
            const std::span<const T> d = dvectors.subspan(line * columns(), columns());
            wanted.push_back(std::any_of(d.begin(), d.end(), [](T x) { return x != T(0); }));
        }
        each_pass(wanted, [&](std::span<const std::size_t> lines) {
            Context<P> ctx = parameters_.context(*on_, work_);
            gradients.attach(ctx);
            const auto saved = read(ctx, lines);
            rows_.resize(static_cast<std::size_t>(saved.out.size()));
            each_row(lines, [&](std::size_t line, std::size_t row, T share) {
                for (std::size_t j = 0; j < columns(); ++j)
                    rows_[row * columns() + j] = share * dvectors[line * columns() + j];
            });
            const Rows<P> dout = work_.keep(saved.out.rows, saved.out.cols);
            on_->upload(rows_.data(), List<T, typename P::Space>{dout.data, dout.size()});
            const std::vector<std::uint8_t> open(lines.size(), 1);
            model_.backward(ctx, adapter_, saved, CRows<P>(dout), Rows<P>{}, open);
        });
    }

    /// Of model and adapter: vectors read with another state of either are stale.
    std::string digest() const {
        io::XXH64 sum;
        sum.add(std::as_bytes(std::span(files_)));
        for (const Tensor& t : layout_.tensors())
            if (t.ref.block != ParameterBlock::frozen) {
                const std::vector<T> values = values_of(*on_, parameters_, t.ref);
                sum.add(std::as_bytes(std::span(values)));
            }
        return io::digest_text(sum.value());
    }

private:
    std::size_t columns() const { return static_cast<std::size_t>(width()); }

    /// Calls `pass(lines)` for as many of the wanted texts at a time as fit.
    template <class Pass>
    void each_pass(const std::vector<char>& wanted, const Pass& pass) {
        std::vector<std::size_t> lines;
        Index size = 0;
        const auto flush = [&] {
            if (!lines.empty()) pass(std::span<const std::size_t>(lines));
            work_.reset();
            lines.clear();
            size = 0;
        };
        for (std::size_t line = 0; line < lines_.size(); ++line) {
            const Index length = static_cast<Index>(lines_[line].size());
            if (!wanted[line] || length == 0) continue;
            if (size + length > tokens_) flush();
            lines.push_back(line);
            size += length;
        }
        flush();
    }
    auto read(Context<P>& ctx, std::span<const std::size_t> lines) {
        token_.clear();
        offsets_.assign(1, 0);
        for (const std::size_t line : lines) {
            token_.insert(token_.end(), lines_[line].begin(), lines_[line].end());
            offsets_.push_back(static_cast<Id>(token_.size()));
        }
        Prompted<P> in;
        in.token = on_->upload(std::span<const Id>(token_), work_);
        in.text_of = segments_of(ctx, std::span<const Id>(offsets_));
        return model_.forward(ctx, adapter_, in);
    }
    /// Calls `take(line, row, 1 / rows of the line)` for each row of a pass.
    template <class Take>
    void each_row(std::span<const std::size_t> lines, const Take& take) const {
        std::size_t row = 0;
        for (const std::size_t line : lines)
            for (std::size_t i = 0; i < lines_[line].size(); ++i)
                take(line, row++, T(1) / static_cast<T>(lines_[line].size()));
    }

    std::shared_ptr<P> on_;
    std::string files_;
    std::vector<std::vector<Id>> lines_;
    Index tokens_;
    ParameterLayout layout_;
    Model model_;
    Adapter adapter_;
    Parameters<P> parameters_;
    Workspace<P> work_;
    std::vector<T> rows_;
    std::vector<Id> token_, offsets_;
};

}  // namespace coco::llm
