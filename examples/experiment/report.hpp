// SPDX-License-Identifier: Apache-2.0
/// \file
/// The results of a run of several seeds: as JSON, and as a table.
#pragma once

#include <cmath>
#include <cstdio>
#include <functional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "experiment/result.hpp"

namespace experiment {

using Json = nlohmann::ordered_json;

inline const std::vector<Index>& cutoffs() {
    static const std::vector<Index> values{5, 10};
    return values;
}

inline Json numbers_of(const coco::Metrics& metrics) {
    Json row;
    for (const coco::MetricValue& each : metrics.summary(cutoffs())) row[each.name] = each.value;
    return row;
}

/// {"mean": {"R@5": ...}, "sd": {...}, "seeds": [{...}, ...], "questions": n}; sd is the sample standard
/// deviation, 0 for one seed.
inline Json over_seeds(const std::vector<const coco::Metrics*>& all) {
    Json out{{"mean", Json::object()}, {"sd", Json::object()}, {"seeds", Json::array()}};
    for (const coco::Metrics* m : all) out["seeds"].push_back(numbers_of(*m));
    const double n = static_cast<double>(all.size());
    for (const auto& [name, unused] : out["seeds"].at(0).items()) {
        double mean = 0, squares = 0;
        for (const Json& seed : out["seeds"]) mean += seed[name].get<double>() / n;
        for (const Json& seed : out["seeds"]) squares += std::pow(seed[name].get<double>() - mean, 2);
        out["mean"][name] = mean;
        out["sd"][name] = n > 1 ? std::sqrt(squares / (n - 1)) : 0.0;
    }
    out["questions"] = all.at(0)->count();
    return out;
}

/// The course of one seed: epochs, seconds, interactions per second, diagnostics of each joint epoch.
inline Json course_of(const Result& r) {
    Json out;
    out["seed"] = r.seed;
    out["stage1"] = r.stage1;
    out["lambda"] = r.lambda;
    out["gate"] = r.gate;
    out["text_layer"] = r.text_layer;
    out["shrink"] = r.shrink;
    out["epochs"] = {{"behaviour", r.epochs[0]},
                     {"behaviour_best", r.best_epoch[0]},
                     {"joint", r.epochs[1]},
                     {"joint_best", r.best_epoch[1]}};
    out["seconds"] = r.seconds;
    out["train_seconds"] = {{"behaviour", r.effort.train_seconds[0]}, {"joint", r.effort.train_seconds[1]}};
    out["interactions_per_second"] = {
        {"behaviour", r.effort.interactions_per_second(TrainingStage::behaviour)},
        {"joint", r.effort.interactions_per_second(TrainingStage::joint)}};
    out["joint"] = Json::array();
    for (const JointEpoch& e : r.joint)
        out["joint"].push_back({{"epoch", e.epoch},
                                {"loss", e.loss},
                                {"valid N@10", e.valid},
                                {"mean_m", e.mean_m},
                                {"codes_per_user", e.codes_per_user},
                                {"share_at_cap", e.share_at_cap},
                                {"code_perplexity", e.perplexity},
                                {"moved", e.moved},
                                {"open_groups", e.open_groups}});
    if (!r.corrections.empty()) out["corrections"] = Json::array();
    for (const Correction& c : r.corrections)
        out["corrections"].push_back({{"loss", c.loss}, {"mean_m", c.mean_m}, {"valid N@10", c.valid}});
    if (r.knowledge)
        out["knowledge_diagnostics"] = {{"prompt_size", r.knowledge->prompt_size},
                                        {"prompt_cosine", r.knowledge->prompt_cosine},
                                        {"code_cosine", r.knowledge->code_cosine},
                                        {"common_pure", r.knowledge->common_pure}};
    return out;
}

/// The whole report. \param settings  as they were used, with defaults filled in
inline Json report_of(const Json& settings, const Json& data, const coco::Metrics& popularity,
                      const std::vector<Result>& results) {
    const auto over = [&](const std::function<const coco::Metrics*(const Result&)>& pick) {
        std::vector<const coco::Metrics*> all;
        for (const Result& r : results)
            if (const coco::Metrics* m = pick(r)) all.push_back(m);
        return all.size() == results.size() ? over_seeds(all) : Json();
    };
    const auto maybe = [](const std::optional<coco::Metrics>& m) { return m ? &*m : nullptr; };
    Json out;
    out["version"] = coco::version;
    out["settings"] = settings;
    out["data"] = data;
    out["test"] = over([](const Result& r) { return &r.test; });
    out["valid"] = over([](const Result& r) { return &r.valid; });
    out["base"]["test"] = over([&](const Result& r) { return maybe(r.base_test); });
    out["base"]["valid"] = over([&](const Result& r) { return maybe(r.base_valid); });
    const auto by_seen = [&](SeenMetrics Result::*all) {
        Json part;
        static constexpr const char* names[] = {"excluded", "zeroed", "included"};
        for (std::size_t s = 0; s < 3; ++s)
            part[names[s]] = over([&](const Result& r) { return (r.*all).empty() ? nullptr : &(r.*all)[s]; });
        return part;
    };
    out["test_by_seen"] = by_seen(&Result::test_by_seen);
    out["base"]["test_by_seen"] = by_seen(&Result::base_test_by_seen);
    out["popularity"] = numbers_of(popularity);
    double seconds = 0, rate = 0;
    for (const Result& r : results) {
        seconds += r.seconds;
        rate +=
            r.effort.interactions_per_second(TrainingStage::behaviour) / static_cast<double>(results.size());
        out["epochs"].push_back(r.epochs[0] + r.epochs[1]);
    }
    out["seconds"] = seconds;
    out["interactions_per_second"] = rate;
    for (const Result& r : results) out["runs"].push_back(course_of(r));
    return out;
}

/// A line of numbers with five decimals; with `sd` a second line below it.
inline void table_row(std::ostream& out, const std::string& name, const Json& row) {
    char text[64];
    std::snprintf(text, sizeof text, "%-34s", name.c_str());
    out << text;
    for (const auto& [unused, value] : row.items()) {
        std::snprintf(text, sizeof text, " %8.5f", value.get<double>());
        out << text;
    }
    out << '\n';
}

/// Test metrics: PopRec, the end of stage 1, and the final model.
inline void print_table(std::ostream& out, const Json& report, const std::string& name) {
    char text[64];
    std::snprintf(text, sizeof text, "%-34s", "test");
    out << text;
    for (const auto& [metric, unused] : report["popularity"].items()) {
        std::snprintf(text, sizeof text, " %8s", metric.c_str());
        out << text;
    }
    out << '\n';
    table_row(out, "PopRec", report["popularity"]);
    const bool several = report["runs"].size() > 1;
    const auto rows = [&](const Json& part, const std::string& label) {
        if (part.is_null()) return;
        table_row(out, label, part["mean"]);
        if (several) table_row(out, "  sd over seeds", part["sd"]);
    };
    const bool two =
        report["settings"]["joint_epochs"].get<Index>() > 0 || report["settings"]["coco"] == "channel";
    if (two) rows(report["base"]["test"], "end of stage 1");
    rows(report["test"], name);
    for (const char* seen : {"excluded", "zeroed", "included"}) {
        const std::string label = std::string("seen items ") + seen;
        if (two) rows(report["base"]["test_by_seen"][seen], label + ", stage 1");
        rows(report["test_by_seen"][seen], label);
    }
    for (const Json& run : report["runs"])
        for (const Json& e : run["joint"]) {
            if (e["code_perplexity"].get<double>() == 0 && e["moved"].get<double>() == 0) continue;
            std::snprintf(text, sizeof text, "seed %llu joint epoch %lld:",
                          static_cast<unsigned long long>(run["seed"].get<std::uint64_t>()),
                          static_cast<long long>(e["epoch"].get<Index>()));
            out << text;
            for (const char* sign :
                 {"mean_m", "codes_per_user", "share_at_cap", "code_perplexity", "moved", "open_groups"}) {
                std::snprintf(text, sizeof text, "  %s %.3f", sign, e[sign].get<double>());
                out << text;
            }
            out << '\n';
        }
}

}  // namespace experiment
