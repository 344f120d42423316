// SPDX-License-Identifier: Apache-2.0
// The cost of one joint step of CoCo on a GPU: operations, bytes and launches of each primitive, counted by
// running the library's own code on CostModel, and the least time an H100 needs for them. Nothing is
// computed.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include <coco/coco.hpp>

using namespace coco;

namespace {

using Shop = Pipeline<backbone::SASRec, llm::Decoder<llm::storage::BFloat16>>;

/// A GPU's limits, per second; H100 SXM by its data sheet.
struct Limits {
    double bytes = 3.35e12, operations = 67e12, tensor_float = 494.7e12, bfloat = 989.4e12;
    double launch = 2e-6;  ///< seconds from one kernel's start to the next's
};

struct Options {
    std::string model = "smollm2-135m", math = "exact";
    double open = 1;
    Index users = 4096, targets = 4, items = 12101, tokens = 64, item_tokens = 14, prompts = 6, layers = 0;
};

/// Users with history lengths as in beauty_lengths.txt (each line: a length and the number of users with it),
/// shuffled so that all batches are alike.
data::Interactions beauty_like(Index items) {
    std::ifstream lengths(std::string(COCO_BENCHMARK_DIR) + "/beauty_lengths.txt");
    std::vector<Index> all;
    for (Index inputs = 0, users = 0; lengths >> inputs >> users;)
        all.insert(all.end(), static_cast<std::size_t>(users), inputs + 1);
    RandomStream random(7);
    for (std::size_t i = all.size(); i > 1; --i)
        std::swap(all[i - 1], all[static_cast<std::size_t>(random.below(static_cast<std::uint32_t>(i)))]);
    data::Interactions train;
    std::vector<Id> sequence;
    for (const Index length : all) {
        sequence.clear();
        for (Index i = 0; i < length; ++i)
            sequence.push_back(static_cast<Id>(random.below(static_cast<std::uint32_t>(items))));
        train.add(sequence);
    }
    return train;
}

llm::TextModel language(const Options& o) {
    llm::TextModel text;
    text.source.config = o.model == "smollm2-135m" ? llm::smollm2_135m() : llm::qwen3_0_6b();
    text.source.config.depth = o.layers;
    text.source.read = [](std::string_view, Index, Index, Index, std::span<float>) {};
    text.encode = [each = o.item_tokens](std::string_view words) {
        // The template's pieces are short; a longer text is an item.
        return std::vector<Id>(static_cast<std::size_t>(words.size() < 30 ? 6 : each), Id{1});
    };
    text.digest = "none";
    return text;
}

/// The least time a GPU needs for this, and which limit determines it.
std::pair<double, const char*> least(const std::string& name, const CallCounts& c, const Options& o) {
    const Limits gpu;
    const bool product = name.starts_with("multiply") || name.starts_with("softmax_cross_entropy");
    double rate = gpu.operations;
    if (name.ends_with("bfloat16") || (product && o.math == "bf16"))
        rate = gpu.bfloat;
    else if (product && o.math == "tf32")
        rate = gpu.tensor_float;
    const double memory = c.bytes / gpu.bytes, arithmetic = c.operations / rate,
                 launches = static_cast<double>(c.launches) * gpu.launch;
    if (launches >= std::max(memory, arithmetic)) return {launches, "launches"};
    return memory >= arithmetic ? std::pair{memory, "memory"} : std::pair{arithmetic, "arithmetic"};
}

void print(const std::string& name, const CallCounts& c, double seconds, const char* bound) {
    std::printf("| %s | %td | %td | %.4g | %.4g | %s | %.4g |\n", name.c_str(), c.calls, c.launches,
                c.operations * 1e-9, c.bytes * 1e-6, bound, seconds * 1e3);
}

void run(const Options& o) {
    data::Catalogue catalogue;
    for (Index i = 0; i < o.items; ++i)
        catalogue.add(std::to_string(i), {"an item's words, more than thirty letters", "", "", "", ""});
    TrainConfig<Shop> config;
    config.words = {"what is next", "had", "", "now"};
    config.sampling.budget.tokens = o.tokens;
    config.schedule.joint_batch = o.users;
    config.sampling.joint_targets = o.targets;
    config.schedule.epochs = 0;
    config.schedule.joint_epochs = 1;

    const auto on = std::make_shared<CostModel>(o.prompts, o.open);
    Trainer<Shop, CostModel> trainer(config, catalogue, language(o), on);
    Index steps = 0;
    trainer.fit(beauty_like(o.items), {}, [&](const Progress& p) {
        if (p.kind != Progress::Kind::step) return true;
        if (++steps == 1) on->forget();
        return steps < 2;
    });

    std::printf(
        "%s, %td users of at most %td targets, %td items, %td tokens of text, %td prompts a user, products "
        "in %s\n\n",
        o.model.c_str(), o.users, o.targets, o.items, o.tokens, o.prompts, o.math.c_str());
    std::printf("| primitive | calls | launches | 10^9 operations | 10^6 bytes | bound | ms at least |\n");
    std::printf("|---|---|---|---|---|---|---|\n");
    double all = 0;
    for (const auto& [name, c] : on->counted()) all += least(name, c, o).first;
    CallCounts rest;
    double rest_time = 0;
    for (const auto& [name, c] : on->counted()) {
        const auto [seconds, bound] = least(name, c, o);
        if (c.launches == 0) continue;  // an upload: it runs beside the kernels
        if (seconds >= 0.01 * all) {
            print(name, c, seconds, bound);
        } else {
            rest += c;
            rest_time += seconds;
        }
    }
    print("others, less than 1 % each", rest, rest_time, "");
    print("one step", on->sum(), all, "");
    std::printf("\nMemory: %.1f GB at most\n", static_cast<double>(on->max_owned()) * 1e-9);
}

}  // namespace

int main(int argc, char** argv) {
    Options o;
    CLI::App app("Counts a joint step of CoCo and says what an H100 needs for it at least.");
    app.add_option("--model", o.model, "smollm2-135m or qwen3-0.6b")
        ->check(CLI::IsMember({"smollm2-135m", "qwen3-0.6b"}))
        ->capture_default_str();
    app.add_option("--math", o.math, "of products of floats: exact, tf32 or bf16")
        ->check(CLI::IsMember({"exact", "tf32", "bf16"}))
        ->capture_default_str();
    app.add_option("--users", o.users, "in a step")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--targets", o.targets, "of a user at most")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--items", o.items, "of the catalogue")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--tokens", o.tokens, "of a user's text at most")->capture_default_str();
    app.add_option("--item-tokens", o.item_tokens, "of an item")->capture_default_str();
    app.add_option("--prompts", o.prompts, "a user chooses")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--open", o.open, "share of targets that correct the language model")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    app.add_option("--layers", o.layers, "of the language model; 0: all")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    try {
        run(o);
    } catch (const Error& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
}
