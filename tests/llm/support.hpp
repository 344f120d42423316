// SPDX-License-Identifier: Apache-2.0
/// \file
/// A decoder with its adapter, parameters and workspace on a policy, and small batches that are given in
/// full.
#pragma once

#include <coco/adapter/frozen.hpp>
#include <coco/adapter/lora.hpp>
#include <coco/llm/decoder.hpp>
#include <coco/llm/random_source.hpp>
#include <coco/nn/parameters.hpp>

#include "conformance/batch.hpp"
#include "conformance/numbers.hpp"

namespace support {

using coco::Id;
using coco::Index;
using coco::conformance::Numbers;

/// Two layers, grouped queries, heads whose widths do not add up to the model's width.
inline coco::llm::Config small_config() {
    coco::llm::Config c;
    c.width = 16;
    c.layers = 2;
    c.heads = 4;
    c.kv_heads = 2;
    c.head = 6;
    c.hidden = 20;
    c.vocabulary = 31;
    return c;
}

/// The input of one pass: soft rows are random, tokens given.
struct Prompts {
    std::vector<Id> instruction;
    std::vector<Index> soft;            ///< soft rows of each group
    std::vector<std::vector<Id>> text;  ///< of each group
    std::vector<Id> group;              ///< group numbers; empty: 0, 1, ...
    bool soft_last = false;             ///< behind the text

    Index soft_rows() const {
        Index sum = 0;
        for (const Index n : soft) sum += n;
        return sum;
    }
    Index rows() const {
        Index sum = soft_rows();
        for (const auto& t : text) sum += static_cast<Index>(t.size());
        return sum;
    }
};

/// Ragged groups: with soft rows and text, without soft rows, without text, with neither.
inline Prompts ragged() {
    return {{3, 1, 4}, {2, 0, 3, 0, 1}, {{1, 5, 9, 2}, {6, 5}, {}, {}, {3, 5, 8}}, {}};
}

template <class P>
coco::llm::Prompted<P> uploaded(P& on, coco::Workspace<P>& work, const Prompts& prompts, const Numbers& soft,
                                Index width) {
    coco::Offsets soft_of, text_of;
    std::vector<Id> token;
    for (const Index n : prompts.soft) soft_of.push(n);
    for (const auto& t : prompts.text) {
        text_of.push(static_cast<Index>(t.size()));
        token.insert(token.end(), t.begin(), t.end());
    }
    const std::span<Id> group = work.numbers(static_cast<Index>(prompts.group.size()));
    std::copy(prompts.group.begin(), prompts.group.end(), group.begin());
    return {coco::conformance::uploaded(on, work, soft, {prompts.soft_rows(), width}),
            coco::conformance::segments(on, work, soft_of),
            coco::conformance::ids(on, work, token),
            coco::conformance::segments(on, work, text_of),
            coco::conformance::ids(on, work, prompts.instruction),
            prompts.soft_last,
            group};
}

/// The results of a pass.
struct Outcome {
    Numbers out, dsoft, dadapter;
    bool operator==(const Outcome&) const = default;
};

template <class P, class Adapter = coco::adapter::LoRA, class Storage = coco::llm::storage::Float>
class Bench {
public:
    using Scalar = typename P::Scalar;

    /// \param drawn  whether the adapter's tensors are random or have their initial values
    explicit Bench(const coco::llm::Source& source, const typename Adapter::Config& config = {},
                   bool drawn = true, int threads = 1)
        : decoder(layout, source),
          adapter(layout, config, decoder.adapter_sizes()),
          on(coco::conformance::policy<P>(threads)),
          work(on),
          parameters(on, layout, 1),
          gradients(on, layout) {
        if (!drawn) return;
        for (const coco::Tensor& t : layout.tensors())
            if (t.ref.block == coco::ParameterBlock::dense)
                set(t.ref,
                    coco::conformance::normals(t.ref.size(), 11 + static_cast<std::uint64_t>(t.ref.at), 0.3));
    }

    void set(const coco::TensorRef& ref, const Numbers& x) {
        const std::vector<Scalar> to(x.begin(), x.end());
        on.upload(to.data(), parameters.list(ref));
    }

    coco::Context<P> pass() {
        coco::Context<P> ctx = parameters.context(on, work);
        ctx.training = true;
        ctx.seed = 42;
        ctx.step = 3;
        gradients.attach(ctx);
        return ctx;
    }

    /// Forward; also backward from `dout` if it is given.
    Outcome both(const Prompts& prompts, const Numbers& soft, const Numbers& dout = {},
                 std::vector<std::uint8_t> open = {}) {
        work.reset();
        gradients.zero(on);
        coco::Context<P> ctx = pass();
        const Index width = decoder.width();
        const auto saved = decoder.forward(ctx, adapter, uploaded(on, work, prompts, soft, width));
        Outcome o{coco::conformance::downloaded<P>(on, saved.out), {}, {}};
        if (dout.empty() && open.empty()) return o;
        if (open.empty()) open.assign(static_cast<std::size_t>(saved.of_group.count()), 1);
        const auto dsoft =
            coco::conformance::uploaded(on, work, Numbers(soft.size(), 7.0), {prompts.soft_rows(), width});
        decoder.backward(ctx, adapter, saved,
                         coco::conformance::uploaded(on, work, dout, {prompts.rows(), width}), dsoft, open);
        o.dsoft = coco::conformance::downloaded<P>(on, dsoft);
        for (const coco::Tensor& t : layout.tensors())
            if (t.ref.block == coco::ParameterBlock::dense) {
                const Numbers g = coco::conformance::downloaded<P>(on, gradients.view(t.ref));
                o.dadapter.insert(o.dadapter.end(), g.begin(), g.end());
            }
        return o;
    }

    coco::ParameterLayout layout;
    coco::llm::Decoder<Storage> decoder;
    Adapter adapter;
    P on;
    coco::Workspace<P> work;
    coco::Parameters<P> parameters;
    coco::Gradients<P> gradients;
};

using coco::conformance::relative;

}  // namespace support
