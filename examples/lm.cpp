// SPDX-License-Identifier: Apache-2.0
// A language model from a GGUF file or a Hugging Face folder on its own: its contents, tokens, hidden states,
// logits, generated text and speed. For comparing the library with another program.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <numeric>
#include <string>

#include <coco/io/npy.hpp>
#include <coco/llm/answers.hpp>
#include <coco/llm/chat_format.hpp>
#include <coco/llm/generation_config.hpp>
#include <coco/llm/open_text_model.hpp>
#include <coco/llm/text_vectors.hpp>
#include <coco/text/chat.hpp>

#include "lm/bench.hpp"
#include "lm/describe.hpp"
#include "lm/session.hpp"

namespace lm {
namespace {

struct Options {
    std::string model, file, npy, lines, answers, storage = "stored", pool, system, chat_format;
    Index layer = coco::llm::TextVectorSettings::middle;
    bool special = false, chat = false;
    Index layers = 0, top = 10;
    int threads = 0;
    coco::llm::Generation generation;
    std::vector<std::string> stop;
    bool recommended = false;
    BenchOptions bench;
};

std::string input(const Options& o) {
    if (o.file.empty()) return {std::istreambuf_iterator<char>(std::cin), {}};
    std::ifstream in(o.file, std::ios::binary);
    coco::require(static_cast<bool>(in), o.file, "cannot open for reading");
    return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<Id> encoded(const Options& o, const coco::text::Tokenizer& tokenizer, const std::string& text) {
    const std::vector<Id> ids = tokenizer.encode(
        text, o.special || o.chat ? coco::text::Special::recognised : coco::text::Special::ordinary);
    coco::require(!ids.empty(), o.file.empty() ? "standard input" : o.file, "no text");
    return ids;
}

/// The input as a conversation, formatted by the model's own template or by the one that is named.
/// \param stop  the token that ends a turn is added
std::string as_chat(const Options& o, const coco::text::Tokenizer& tokenizer, const std::string& text,
                    std::vector<Id>& stop) {
    std::vector<coco::text::Message> messages;
    if (!o.system.empty()) messages.push_back({"system", o.system});
    messages.push_back({"user", text});
    try {
        const coco::llm::ChatFormat format = o.chat_format.empty()
                                                 ? coco::llm::chat_format_of(o.model, tokenizer)
                                                 : coco::llm::ChatFormat(o.chat_format);
        const Id end = format.end_of_turn(tokenizer);
        if (end != coco::no_id && std::find(stop.begin(), stop.end(), end) == stop.end()) stop.push_back(end);
        return format(messages, coco::text::Answer::awaited, coco::text::Thinking::off);
    } catch (const coco::Error& error) {
        throw coco::Error(
            "--chat", error.what(),
            coco::text_of("a template that can be written here; else name one with --template (",
                          coco::llm::ChatFormat::names,
                          "), or write the conversation yourself and read it with --special"));
    }
}

void print(std::span<const float> row) {
    for (std::size_t j = 0; j < row.size(); ++j)
        std::printf(j == 0 ? "%.6g" : " %.6g", static_cast<double>(row[j]));
    std::printf("\n");
}

/// Prints rows as text, or writes them to a NumPy file.
void give(const Options& o, std::span<const float> rows, Index width) {
    if (!o.npy.empty())
        return coco::io::save_npy(o.npy, rows, static_cast<Index>(rows.size()) / width, width);
    for (std::size_t at = 0; at < rows.size(); at += static_cast<std::size_t>(width))
        print(rows.subspan(at, static_cast<std::size_t>(width)));
}

coco::llm::Keep keep_of(const std::string& storage) {
    return storage == "float"  ? coco::llm::Keep::floats
           : storage == "bf16" ? coco::llm::Keep::bfloat16
                               : coco::llm::Keep::as_stored;
}

void tokenize(const Options& o) {
    const coco::text::Tokenizer tokenizer = coco::llm::open_tokenizer(o.model);
    const std::vector<Id> ids = encoded(o, tokenizer, input(o));
    for (std::size_t i = 0; i < ids.size(); ++i) std::printf(i == 0 ? "%d" : " %d", ids[i]);
    std::printf("\n");
}

void decode(const Options& o) {
    const coco::text::Tokenizer tokenizer = coco::llm::open_tokenizer(o.model);
    const std::string text = input(o);
    std::vector<Id> ids;
    for (const char *at = text.data(), *const end = at + text.size(); at != end;) {
        if (*at == ' ' || (*at >= '\t' && *at <= '\r')) {
            ++at;
            continue;
        }
        Id id = 0;
        const auto [next, fault] = std::from_chars(at, end, id);
        coco::require(fault == std::errc(), o.file.empty() ? "standard input" : o.file, "not a list of ids",
                      "whole numbers that are ids", std::string(at, std::find(at, end, ' ')).substr(0, 40));
        ids.push_back(id);
        at = next;
    }
    const std::string decoded = tokenizer.decode(ids) + '\n';
    std::fwrite(decoded.data(), 1, decoded.size(), stdout);
}

/// How rows become a vector: as --pool says, else the file, else by their mean.
std::string_view pool_of(const Options& o, const coco::llm::Config& config) {
    if (!o.pool.empty()) return o.pool;
    return config.pooling.empty() ? "mean" : config.pooling;
}

void embed(const Options& o, const coco::llm::Source& source) {
    const std::vector<Id> ids = encoded(o, coco::llm::open_tokenizer(o.model), input(o));
    const std::string_view pool = pool_of(o, source.config);
    Session session(source, o.threads, Head::left_out);
    std::vector<float> rows = session.hidden(ids);
    const std::size_t width = static_cast<std::size_t>(session.decoder.width()), count = rows.size() / width;
    if (pool == "last") rows.erase(rows.begin(), rows.end() - static_cast<std::ptrdiff_t>(width));
    if (pool == "mean") {
        for (std::size_t i = width; i < rows.size(); ++i) rows[i % width] += rows[i];
        rows.resize(width);
        for (float& x : rows) x /= static_cast<float>(count);
    }
    give(o, rows, session.decoder.width());
}

/// The lines of --lines. \throws Error where there is none
std::vector<std::string> lines_of(const Options& o) {
    std::vector<std::string> lines;
    std::ifstream in(o.lines, std::ios::binary);
    coco::require(static_cast<bool>(in), o.lines, "cannot open for reading");
    for (std::string line; std::getline(in, line);) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        lines.push_back(std::move(line));
    }
    coco::require(!lines.empty(), o.lines, "no line");
    return lines;
}

/// A vector for each line of a file: its tokens' states after one layer. An empty line gives zeros.
void embed_lines(const Options& o) {
    coco::require(!o.npy.empty(), "--lines", "needs a file for the vectors", "--npy FILE");
    coco::require(o.pool != "none", "--lines", "one vector a line", "--pool mean or last");
    const std::vector<std::string> lines = lines_of(o);
    coco::llm::TextModel model = coco::llm::open_text_model(o.model);
    model.source.config.keep = keep_of(o.storage);
    coco::llm::TextVectorSettings settings;
    settings.layer = o.layer;
    settings.pooling =
        pool_of(o, model.source.config) == "last" ? coco::llm::Pooling::last : coco::llm::Pooling::mean;
    coco::Host on(o.threads);
    const bool shown = ::isatty(STDERR_FILENO) != 0;
    const std::vector<float> rows = coco::llm::text_vectors(on, model, lines, settings, [&](Index done) {
        if (shown) std::fprintf(stderr, "\r%lld of %zu lines", static_cast<long long>(done), lines.size());
    });
    if (shown) std::fprintf(stderr, "\n");
    give(o, rows, model.source.config.width);
}

/// Writes all logits to a file, or prints the likeliest next tokens with their probabilities.
void logits(const Options& o, const coco::llm::Source& source) {
    const coco::text::Tokenizer tokenizer = coco::llm::open_tokenizer(o.model);
    const std::vector<Id> ids = encoded(o, tokenizer, input(o));
    Session session(source, o.threads);
    const Index vocabulary = session.decoder.config().vocabulary;
    std::vector<float> all;
    session.logits(ids, 64, [&](const std::vector<float>& some) {
        if (o.npy.empty()) all.clear();
        all.insert(all.end(), some.begin(), some.end());
    });
    if (!o.npy.empty()) return give(o, all, vocabulary);
    const std::span<const float> last =
        std::span<const float>(all).last(static_cast<std::size_t>(vocabulary));
    std::vector<Id> order(last.size());
    std::iota(order.begin(), order.end(), 0);
    const auto count = static_cast<std::ptrdiff_t>(std::clamp<Index>(o.top, 1, vocabulary));
    std::partial_sort(order.begin(), order.begin() + count, order.end(), [&](Id a, Id b) {
        return last[static_cast<std::size_t>(a)] > last[static_cast<std::size_t>(b)];
    });
    const double maximum = static_cast<double>(last[static_cast<std::size_t>(order[0])]);
    double sum = 0;
    for (const float x : last) sum += std::exp(static_cast<double>(x) - maximum);
    for (auto id = order.begin(); id < order.begin() + count; ++id) {
        const double logit = static_cast<double>(last[static_cast<std::size_t>(*id)]);
        std::printf("%8d  %10.4f  %8.6f  %s\n", *id, logit, std::exp(logit - maximum) / sum,
                    *id < tokenizer.size() ? tokenizer.token(*id).c_str() : "");
    }
}

/// How a text goes on, by the options and the model's files.
coco::llm::Generation generation(const Options& o, const coco::text::Tokenizer& tokenizer) {
    coco::llm::Generation how = o.generation;
    how.stop = coco::llm::stop_tokens(o.model);
    how.tokens = tokenizer.size();
    if (o.recommended) {
        const coco::llm::Generation theirs = coco::llm::generation_of(o.model);
        how.temperature = theirs.temperature;
        how.top_k = theirs.top_k;
        how.top_p = theirs.top_p;
        how.repetition_penalty = theirs.repetition_penalty;
    }
    return how;
}

/// Goes on with each line of a file and keeps what it wrote in the file --answers.
void answer_lines(const Options& o) {
    coco::require(!o.answers.empty(), "--lines", "needs a file for the answers", "--answers FILE");
    coco::require(o.stop.empty(), "--stop", "of no use", "one text, without --lines");
    const coco::text::Tokenizer tokenizer = coco::llm::open_tokenizer(o.model);
    coco::llm::TextModel model = coco::llm::open_text_model(o.model, o.layers);
    model.source.config.keep = keep_of(o.storage);
    coco::llm::Generation how = generation(o, tokenizer);
    std::vector<std::vector<Id>> prompts;
    const std::vector<std::string> lines = lines_of(o);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        coco::require(!lines[i].empty(), coco::text_of(o.lines, ":", i + 1), "an empty line", "a text");
        prompts.push_back(
            encoded(o, tokenizer, o.chat ? as_chat(o, tokenizer, lines[i], how.stop) : lines[i]));
    }
    coco::io::AnswerFile file(o.answers, coco::llm::origin_of(model, how));
    Session session(model.source, o.threads);
    const bool shown = ::isatty(STDERR_FILENO) != 0;
    session.answer(file, prompts, how, tokenizer, [&](Index done) {
        if (shown) std::fprintf(stderr, "\r%lld of %zu lines", static_cast<long long>(done), lines.size());
        return true;
    });
    if (shown) std::fprintf(stderr, "\n");
    for (const auto& prompt : prompts) {
        std::string text = file.find(coco::llm::digest_of(prompt))->text;
        std::replace(text.begin(), text.end(), '\n', ' ');
        std::printf("%s\n", text.c_str());
    }
}

void generate(const Options& o, const coco::llm::Source& source) {
    const coco::text::Tokenizer tokenizer = coco::llm::open_tokenizer(o.model);
    const std::string text = input(o);
    coco::llm::Generation how = generation(o, tokenizer);
    const std::vector<Id> prompt =
        encoded(o, tokenizer, o.chat ? as_chat(o, tokenizer, text, how.stop) : text);
    Session session(source, o.threads);
    std::size_t shown = 0;
    std::string all;
    session.generate(prompt, how, [&](Index, std::span<const Id> written) {
        all = tokenizer.decode(written);
        std::size_t end = all.size();
        bool going_on = true;
        for (const std::string& stop : o.stop)
            if (const std::size_t at = all.find(stop); at != std::string::npos && at <= end)
                end = at, going_on = false;
        // A character may be split between two tokens: until it is complete it decodes to U+FFFD.
        while (going_on && end >= 3 && all.compare(end - 3, 3, "\xEF\xBF\xBD") == 0) end -= 3;
        if (end > shown) std::fwrite(all.data() + shown, 1, end - shown, stdout), std::fflush(stdout);
        shown = std::max(shown, end);
        return going_on;
    });
    std::printf("\n");
}

void bench(const Options& o, const coco::llm::Source& source) {
    bench_header();
    const double bytes = bytes_in(source, source.config.keep);
    for (const int threads : o.bench.threads.empty() ? std::vector<int>{0} : o.bench.threads) {
        Session session(source, threads);
        bench(
            coco::text_of(source.config.architecture, " ", o.storage, " | ", std::fixed, std::setprecision(2),
                          bytes / 1048576, " MiB | ",
                          static_cast<double>(coco::llm::parameter_count(source.config)) * 1e-6, " M | CPU"),
            session, o.bench);
    }
}

int run(int argc, char** argv) {
    Options o;
    CLI::App app("Reads and writes with a language model.", "lm");
    app.set_version_flag("--version", coco::version);
    app.require_subcommand(1);
    const auto command = [&](const char* name, const char* help) {
        CLI::App* const sub = app.add_subcommand(name, help);
        sub->add_option("model", o.model, "GGUF file or Hugging Face folder")->required();
        return sub;
    };
    const auto reads = [&](CLI::App* sub) {
        sub->add_option("--file", o.file, "text is read from here [default: standard input]");
        return sub;
    };
    const auto text = [&](CLI::App* sub) {
        reads(sub)->add_flag("--special", o.special, "what looks like a special token is one");
        return sub;
    };
    const auto computes = [&](CLI::App* sub) {
        sub->add_option("--storage", o.storage, "of the weights: as the file stores them, bfloat16 or float")
            ->check(CLI::IsMember({"stored", "bf16", "float"}))
            ->capture_default_str();
        sub->add_option("--layers", o.layers, "first layers used, then the final norm; 0: all")
            ->check(CLI::NonNegativeNumber)
            ->capture_default_str();
        return sub;
    };
    const auto threads = [&](CLI::App* sub) {
        sub->add_option("--threads", o.threads, "0: all the machine has")
            ->check(CLI::NonNegativeNumber)
            ->capture_default_str();
        return sub;
    };
    CLI::App* const describes = command("describe", "says what a model is and what memory it takes");
    CLI::App* const tokenizes = text(command("tokenize", "turns text into ids"));
    CLI::App* const decodes = reads(command("decode", "turns ids into text"));
    CLI::App* const embeds =
        threads(computes(text(command("embed", "gives hidden states after the final norm"))));
    embeds->add_option("--pool", o.pool, "of the tokens' rows [default: as the file says, else mean]")
        ->check(CLI::IsMember({"mean", "last", "none"}));
    embeds->add_option("--lines", o.lines,
                       "a vector for each line of this file instead, before the final norm, to --npy");
    embeds
        ->add_option("--layer", o.layer,
                     "with --lines: after which layer; 0: token embeddings [default: the first of the second "
                     "half]")
        ->check(CLI::NonNegativeNumber);
    CLI::App* const scores = threads(computes(text(command("logits", "gives the likeliest next tokens"))));
    scores->add_option("--top", o.top, "how many of them")->check(CLI::PositiveNumber)->capture_default_str();
    for (CLI::App* const sub : {embeds, scores})
        sub->add_option("--npy", o.npy, "writes rows to this file instead (logits: of every token)");
    CLI::App* const writes = threads(computes(text(command("generate", "goes on with a text"))));
    writes->add_flag("--chat", o.chat, "the text is a question, put as the model's template puts it");
    writes->add_option(
        "--template", o.chat_format,
        coco::text_of("with --chat: instead of the model's own: ", coco::llm::ChatFormat::names));
    writes->add_option("--system", o.system, "with --chat: what the model is told first");
    writes->add_option("-n,--tokens", o.generation.max_tokens, "written at most")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    writes->add_option("--temperature", o.generation.temperature, "0: the likeliest token always")
        ->capture_default_str();
    writes->add_option("--top-p", o.generation.top_p, "drawn from tokens of this probability together")
        ->capture_default_str();
    writes->add_option("--top-k", o.generation.top_k, "drawn from so many of the likeliest; 0: all")
        ->capture_default_str();
    writes
        ->add_option("--repetition-penalty", o.generation.repetition_penalty,
                     "above 1: what the text has is less likely")
        ->capture_default_str();
    writes->add_flag("--recommended", o.recommended,
                     "draws as the folder's generation_config.json says, whatever is given beside it");
    writes->add_option("--seed", o.generation.seed, "of the draws")->capture_default_str();
    writes->add_option("--stop", o.stop, "strings that end the text");
    writes->add_option("--lines", o.lines, "goes on with each line of this file instead");
    writes->add_option("--answers", o.answers,
                       "with --lines: JSON lines of what was written, in which a run that was ended goes on");
    writes->add_option("--at-once", o.generation.at_once, "with --lines: texts in one pass")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    CLI::App* const times = computes(command("bench", "measures tokens a second"));
    times->add_option("-p", o.bench.read, "tokens read")->delimiter(',')->capture_default_str();
    times->add_option("-n", o.bench.written, "tokens written")->delimiter(',')->capture_default_str();
    times->add_option("-t", o.bench.threads, "threads [default: all]")->delimiter(',');
    times->add_option("-r", o.bench.repeat, "times")->check(CLI::PositiveNumber)->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    if (describes->parsed()) return describe(o.model), 0;
    if (tokenizes->parsed()) return tokenize(o), 0;
    if (decodes->parsed()) return decode(o), 0;
    if (embeds->parsed() && !o.lines.empty()) return embed_lines(o), 0;
    if (writes->parsed() && !o.lines.empty()) return answer_lines(o), 0;
    coco::llm::Source source = coco::llm::open(o.model);
    source.config.depth = o.layers;
    source.config.check();
    source.config.keep = keep_of(o.storage);
    if (embeds->parsed()) embed(o, source);
    if (scores->parsed()) logits(o, source);
    if (writes->parsed()) generate(o, source);
    if (times->parsed()) bench(o, source);
    return 0;
}

}  // namespace
}  // namespace lm

int main(int argc, char** argv) {
    try {
        return lm::run(argc, argv);
    } catch (const coco::Error& error) {
        std::cerr << "lm: " << error.what() << '\n';
        return 1;
    }
}
