// SPDX-License-Identifier: Apache-2.0
/// \file
/// A language model ready to run: weights, a host policy, and the passes that the commands need.
#pragma once

#include <algorithm>
#include <functional>
#include <span>
#include <vector>

#include <coco/adapter/frozen.hpp>
#include <coco/host/host.hpp>
#include <coco/llm/answers.hpp>
#include <coco/llm/decoder.hpp>
#include <coco/llm/generate.hpp>
#include <coco/nn/parameters.hpp>
#include <coco/text/tokenizer.hpp>

namespace lm {

using coco::Host;
using coco::Id;
using coco::Index;

/// Whether the output matrix is loaded: hidden states do not need it.
enum class Head { loaded, left_out };

class Session {
public:
    Session(coco::llm::Source source, int threads, Head head = Head::loaded)
        : on(threads), decoder(layout, with_head(source, head)), work(on) {
        parameters = coco::Parameters<Host>(on, layout, 1);
    }

    /// Hidden states of a text, tokens x width.
    std::vector<float> hidden(std::span<const Id> token) {
        work.reset();
        coco::Context<Host> ctx = parameters.context(on, work);
        return list(pass(ctx, token));
    }
    /// Logits of every token of a text, tokens x vocabulary; computed `chunk` rows at a time and passed to
    /// `take`.
    template <class Take>
    void logits(std::span<const Id> token, Index chunk, const Take& take) {
        work.reset();
        coco::Context<Host> ctx = parameters.context(on, work);
        const coco::Rows<Host> rows = pass(ctx, token);
        for (Index first = 0; first < rows.rows; first += chunk) {
            const typename coco::Workspace<Host>::RecomputeScope passing(work);
            const Index count = std::min(chunk, rows.rows - first);
            take(list(decoder.logits(ctx, coco::CRows<Host>(rows.rows_from(first, count)))));
        }
    }
    std::vector<Id> generate(const std::vector<Id>& prompt, const coco::llm::Generation& how,
                             const coco::llm::TokenCallback& on_token) {
        return coco::llm::generate(on, decoder, parameters, coco::adapter::Frozen{}, std::span(&prompt, 1),
                                   how, on_token)
            .front();
    }

    /// What prompts have no answer for in `file` yet.
    void answer(coco::io::AnswerFile& file, std::span<const std::vector<Id>> prompts,
                const coco::llm::Generation& how, const coco::text::Tokenizer& tokenizer,
                const std::function<bool(Index)>& on_progress) {
        const auto decode = [&](std::span<const Id> written) { return tokenizer.decode(written); };
        coco::llm::answer(file, on, decoder, parameters, coco::adapter::Frozen{}, prompts, how, decode,
                          on_progress);
    }

    coco::ParameterLayout layout;
    Host on;
    coco::llm::Decoder<coco::llm::storage::Configured> decoder;
    coco::Parameters<Host> parameters;
    coco::Workspace<Host> work;

private:
    static const coco::llm::Source& with_head(coco::llm::Source& source, Head head) {
        source.config.output_head = head == Head::loaded;
        return source;
    }
    coco::Rows<Host> pass(coco::Context<Host>& ctx, std::span<const Id> token) {
        decoder.config().check_tokens(token);
        const std::span<Id> offsets = work.numbers(2);
        offsets[0] = 0;
        offsets[1] = static_cast<Id>(token.size());
        return decoder.hidden(ctx, coco::adapter::Frozen{}, on.upload(token, work),
                              coco::llm::segments_of(ctx, std::span<const Id>(offsets)));
    }
    std::vector<float> list(coco::Rows<Host> rows) {
        std::vector<float> all(static_cast<std::size_t>(rows.size()));
        on.download(coco::List<const float, coco::space::Host>{rows.data, rows.size()}, all.data());
        return all;
    }
};

}  // namespace lm
