// SPDX-License-Identifier: Apache-2.0
/// \file
/// Answers to thousands of prompts, in ragged batches and kept on disk as they come. An answer depends on its
/// prompt and the settings alone: not on the other prompts, their order, or on where a run was interrupted.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include <coco/core/types.hpp>
#include <coco/io/answer_file.hpp>
#include <coco/io/file_digest.hpp>
#include <coco/llm/generate.hpp>
#include <coco/llm/text_model.hpp>
#include <coco/nn/parameters.hpp>

namespace coco::llm {

/// A prompt's tokens, as a file of answers knows it.
inline std::uint64_t digest_of(std::span<const Id> prompt) { return io::XXH64::of(std::as_bytes(prompt)); }

/// What answers depend on beside their prompt: the origin of an `io::AnswerFile`.
/// \param adapter  names an adapter that changes the model, for instance the digest of its file; empty: none
inline std::string origin_of(const TextModel& model, const Generation& how, const std::string& adapter = {}) {
    std::string stop;
    for (const Id id : how.stop) stop += text_of(' ', id);
    return text_of(model.digest, "; storage ", static_cast<int>(model.source.config.keep), "; tokens ",
                   how.max_tokens, "; temperature ", how.temperature, "; top_k ", how.top_k, "; top_p ",
                   how.top_p, "; repetition ", how.repetition_penalty, "; seed ", how.seed, "; below ",
                   how.tokens, "; stop", stop, adapter.empty() ? "" : "; adapter ", adapter);
}

/// Asks for the answers that `file` lacks, each different prompt once, prompts of like lengths together
/// (`Generation::at_once`), and keeps them there after each batch.
/// \param decode       the text of tokens
/// \param on_progress  called with the number of `prompts` that have their answer; false ends the work
/// \returns whether all have theirs    \throws Error as `generate`, for a prompt by its number
template <class P, class Decoder, class Adapter>
bool answer(io::AnswerFile& file, P& on, const Decoder& decoder, const Parameters<P>& parameters,
            const Adapter& adapter, std::span<const std::vector<Id>> prompts, Generation how,
            const std::function<std::string(std::span<const Id>)>& decode,
            const std::function<bool(Index)>& on_progress = {}) {
    std::vector<std::uint64_t> digest;
    std::vector<std::size_t> missing;
    std::unordered_set<std::uint64_t> listed;
    for (std::size_t i = 0; i < prompts.size(); ++i) {
        if (prompts[i].empty()) throw Error(text_of("prompt ", i), "is empty", "at least one token");
        decoder.config().check_tokens(prompts[i]);
        digest.push_back(digest_of(prompts[i]));
        if (file.find(digest[i]) == nullptr && listed.insert(digest[i]).second) missing.push_back(i);
    }
    std::stable_sort(missing.begin(), missing.end(),
                     [&](std::size_t a, std::size_t b) { return prompts[a].size() < prompts[b].size(); });
    const auto answered = [&] {
        return static_cast<Index>(std::count_if(digest.begin(), digest.end(), [&](std::uint64_t prompt) {
            return file.find(prompt) != nullptr;
        }));
    };
    std::vector<std::vector<Id>> batch;
    for (std::size_t first = 0; first < missing.size(); first += batch.size()) {
        batch.clear();
        how.keys.clear();
        const std::size_t end = std::min(missing.size(), first + static_cast<std::size_t>(how.at_once));
        for (std::size_t k = first; k < end; ++k) {
            batch.push_back(prompts[missing[k]]);
            how.keys.push_back(digest[missing[k]]);
        }
        const auto written = generate(on, decoder, parameters, adapter, batch, how);
        for (std::size_t k = 0; k < batch.size(); ++k)
            file.add(how.keys[k],
                     {decode(written[k]), static_cast<Index>(written[k].size()) < how.max_tokens});
        if (on_progress && !on_progress(answered())) return first + batch.size() >= missing.size();
    }
    return true;
}

}  // namespace coco::llm
