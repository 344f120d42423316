// SPDX-License-Identifier: Apache-2.0
/// \file
/// Storage formats of a language model's given weights, and the operations on them: products in forward and
/// backward, rows of the token table, logits.
#pragma once

#include <concepts>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <coco/exec/archetype.hpp>
#include <coco/llm/source.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/nn/gated_feed_forward.hpp>
#include <coco/nn/layer.hpp>

namespace coco::llm {

/// A tensor of the source with its number of rows. The parts of a list form one matrix.
struct Part {
    std::string name;
    Index rows;
};
using Parts = std::vector<Part>;

/// Claims single-row tensors of the source (norms, biases), `Part::rows` numbers each, concatenated to one
/// row, in scalars of the policy for any storage.
inline TensorRef claim_row(ParameterLayout& layout, const Source& source, std::string_view name, Parts list) {
    Index cols = 0;
    for (const Part& p : list) cols += p.rows;
    return layout.given(name, 1, cols, [read = source.read, list = std::move(list)](std::span<float> out) {
        for (const Part& p : list) {
            read(p.name, 1, p.rows, 0, out.first(static_cast<std::size_t>(p.rows)));
            out = out.subspan(static_cast<std::size_t>(p.rows));
        }
    });
}

namespace storage {

/// Scalars of the policy, out x in.
struct Float : nn::PlainWeights {
    /// Claims the matrix of these parts, stacked by rows, each `cols` wide.
    static TensorRef claim(ParameterLayout& layout, const Source& source, std::string_view name, Parts parts,
                           Index cols) {
        Index rows = 0;
        for (const Part& p : parts) rows += p.rows;
        return layout.given(name, rows, cols,
                            [read = source.read, parts = std::move(parts), cols](std::span<float> out) {
                                for (const Part& p : parts) {
                                    const auto size = static_cast<std::size_t>(p.rows * cols);
                                    read(p.name, p.rows, cols, 0, out.first(size));
                                    out = out.subspan(size);
                                }
                            });
    }
    /// out_i = row id_i of W.
    template <class P>
    static void gather(Context<P>& ctx, const TensorRef& w, Ids<P> id, Rows<P> out) {
        nn::gather(ctx.on, ctx.value(w), id, out);
    }
};

/// A matrix of one or more stored matrices, stacked by rows, and the precision of products with it.
struct StoredParts {
    std::vector<StoredTensorRef> parts;
    Precision precision = Precision::full;
};

/// Operations on stored parts.
struct InBlocks {
    using Matrix = StoredParts;

    template <class P>
    static void apply(Context<P>& ctx, CRows<P> x, const StoredParts& w, Rows<P> y,
                      Write write = Write::set) {
        Index at = 0;
        for (const StoredTensorRef& s : w.parts) {
            ctx.on.multiply_stored(x, ctx.stored(s), Op::transposed, y.cols_from(at, s.rows), write,
                                   w.precision);
            at += s.rows;
        }
    }
    template <class P>
    static void apply_back(Context<P>& ctx, CRows<P> dy, const StoredParts& w, Rows<P> dx) {
        Index at = 0;
        for (const StoredTensorRef& s : w.parts) {
            ctx.on.multiply_stored(dy.cols_from(at, s.rows), ctx.stored(s), Op::plain, dx,
                                   at == 0 ? Write::set : Write::add, w.precision);
            at += s.rows;
        }
    }
    template <class P>
    static void gather(Context<P>& ctx, const StoredParts& w, Ids<P> id, Rows<P> out) {
        ctx.on.gather_stored(ctx.stored(w.parts.front()), id, out);
    }
    template <class P>
    static Rows<P> gradient(Context<P>&, const StoredParts&) {
        return {};
    }
};

/// The blocks as stored in the file: a file with four bits per weight takes as much memory as on disk. Blocks
/// are unpacked to the policy's scalars panel by panel inside each product.
struct AsStored : InBlocks {
    /// Consecutive parts of the same type form one stored matrix.
    static StoredParts claim(ParameterLayout& layout, const Source& source, std::string_view name,
                             const Parts& parts, Index cols) {
        StoredParts matrix;
        for (std::size_t first = 0, end = 0; first < parts.size(); first = end) {
            const GgmlType type = type_of(source, parts[first].name);
            Index rows = 0;
            for (end = first; end < parts.size() && type_of(source, parts[end].name) == type; ++end)
                rows += parts[end].rows;
            const bool whole = end - first == parts.size();
            matrix.parts.push_back(layout.stored(
                whole ? std::string(name) : text_of(name, ".", parts[first].name), type, rows, cols,
                [source,
                 some = Parts(parts.begin() + static_cast<std::ptrdiff_t>(first),
                              parts.begin() + static_cast<std::ptrdiff_t>(end)),
                 cols, type](std::span<std::byte> out) {
                    for (const Part& p : some) {
                        const auto size =
                            static_cast<std::size_t>(StoredTensorRef{type, 0, p.rows, cols}.bytes());
                        write_stored(source, p.name, p.rows, cols, 0, out.first(size));
                        out = out.subspan(size);
                    }
                }));
        }
        return matrix;
    }
};

/// bfloat16, for any type in the file. Products are of bfloat16 with sums in float if the policy supports
/// them (for example a processor with AVX-512 BF16); otherwise weights are widened panel by panel.
struct BFloat16 : InBlocks {
    static StoredParts claim(ParameterLayout& layout, const Source& source, std::string_view name,
                             const Parts& parts, Index cols) {
        StoredParts matrix = AsStored::claim(layout, narrowed(source), name, parts, cols);
        matrix.precision = Precision::bfloat16;
        return matrix;
    }
};

/// One of the three formats, selected by `Config::keep`: for programs where the user selects it.
struct Configured : InBlocks {
    static StoredParts claim(ParameterLayout& layout, const Source& source, std::string_view name,
                             const Parts& parts, Index cols) {
        switch (source.config.keep) {
            case Keep::bfloat16:
                return BFloat16::claim(layout, source, name, parts, cols);
            case Keep::as_stored:
                return AsStored::claim(layout, source, name, parts, cols);
            case Keep::floats:
                break;
        }
        return AsStored::claim(layout, {source.config, source.read, {}, {}}, name, parts, cols);
    }
};

}  // namespace storage

/// A storage claims matrices, multiplies rows with them, forward and back, and gathers rows of them.
template <class S>
concept Storage = requires(Context<Archetype>& ctx, CRows<Archetype> x, const typename S::Matrix& matrix,
                           Rows<Archetype> y, ParameterLayout& layout, const Source& source,
                           Ids<Archetype> id) {
    { S::claim(layout, source, std::string_view{}, Parts{}, Index{}) } -> std::same_as<typename S::Matrix>;
    S::apply(ctx, x, matrix, y, Write::add);
    S::apply_back(ctx, x, matrix, y);
    S::gather(ctx, matrix, id, y);
    { S::gradient(ctx, matrix) } -> std::same_as<Rows<Archetype>>;
};

}  // namespace coco::llm
