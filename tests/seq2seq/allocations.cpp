// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <iostream>

#include <coco/host/host.hpp>
#include <coco/nn/parameters.hpp>
#include <coco/seq2seq/beam_scorer.hpp>

#include "conformance/allocations.hpp"

using namespace coco;
using P = Host;

TEST_CASE("an encoder-decoder: steps and searches allocate nothing after the first", "[seq2seq]") {
    if constexpr (!conformance::Allocations::counted) {
        std::cout << "SKIPPED: allocations are not counted under this sanitizer or C library\n";
    } else {
        const std::vector<Index> sizes{3, 4};
        std::vector<Id> codes;
        for (Id i = 0; i < 20; ++i) codes.insert(codes.end(), {i % 3, i % 4});
        const quantize::SemanticIds ids(codes, sizes);
        const quantize::IdTrie trie(ids);
        ParameterLayout layout;
        const seq2seq::EncoderDecoder model(
            layout,
            {.width = 8, .heads = 2, .head = 4, .hidden = 16, .encoder_layers = 2, .decoder_layers = 2},
            ids.vocabulary());
        P on(2);
        Workspace<P> work(on);
        const Parameters<P> parameters(on, layout, 1);
        Gradients<P> gradients(on, layout);
        seq2seq::HostPairs pairs;
        for (Id i = 0; i < 9; ++i)
            pairs.add(ids.tokens().first(static_cast<std::size_t>(3 + 6 * i)), ids.tokens(i),
                      static_cast<std::uint32_t>(i));
        pairs.finish(model.vocabulary());
        float loss = 0;
        const auto train = [&] {
            work.reset();
            Context<P> ctx = parameters.context(on, work);
            gradients.attach(ctx);
            ctx.training = true;
            model.step(ctx, seq2seq::upload(ctx, pairs), 1, &loss);
        };
        const auto search = [&](Index beam) {
            work.reset();
            Context<P> ctx = parameters.context(on, work);
            const auto batch = seq2seq::upload(ctx, pairs);
            const auto encoded = model.encode(ctx, batch.source_of, batch.source, batch.source_key);
            const seq2seq::BeamScorer<P> scorer{
                seq2seq::BeamSearch(model, ids, trie, beam)(ctx, encoded.out, batch.source_of)};
            scorer.top_k(ctx, {}, 5, work.keep_list<Id>(9 * 5), work.keep(9, 5));
            scorer.target_rank(ctx, {}, batch.target.from(0, 9), work.keep(9, 1));
        };
        // Repeated: the second step merges the blocks of the first into one, and threads allocate their
        // scratch memory.
        for (int i = 0; i < 5; ++i) train(), search(0), search(3);
        const conformance::Allocations taken;
        train();
        search(0);
        search(3);
        CHECK(taken.count() == 0);
    }
}
