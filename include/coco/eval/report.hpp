// SPDX-License-Identifier: Apache-2.0
/// \file
/// Several evaluations side by side, as a text table and as JSON.
#pragma once

#include <algorithm>
#include <cstdio>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <coco/core/types.hpp>
#include <coco/eval/metrics.hpp>

namespace coco {

/// Named evaluations at common cutoffs.
class Report {
public:
    explicit Report(std::vector<Index> cutoffs = {5, 10}) : cutoffs_(std::move(cutoffs)) {}

    Report& add(std::string name, Metrics metrics) {
        rows_.emplace_back(std::move(name), std::move(metrics));
        return *this;
    }

    /// The evaluation added under `name`.
    /// \throws Error where the name is unknown
    const Metrics& operator[](const std::string& name) const {
        for (const auto& [known, metrics] : rows_)
            if (known == name) return metrics;
        throw Error("report", "no such evaluation", {}, name);
    }

    const std::vector<Index>& cutoffs() const { return cutoffs_; }

    /// {"name": {"R@5": ..., "N@5": ..., "MRR": ..., "questions": n}, ...} in the order of addition.
    /// A template, so that who does not ask for it does not compile a second kind of JSON.
    template <class Json = nlohmann::ordered_json>
    Json json() const {
        Json all = Json::object();
        for (const auto& [name, metrics] : rows_) {
            Json& row = all[name];
            for (const MetricValue& each : metrics.summary(cutoffs_)) row[each.name] = each.value;
            row["questions"] = metrics.count();
        }
        return all;
    }

    /// One line per evaluation, columns aligned, five decimals.
    friend std::ostream& operator<<(std::ostream& out, const Report& report) {
        std::size_t width = 0;
        for (const auto& row : report.rows_) width = std::max(width, row.first.size());
        const std::string gap(width, ' ');
        out << gap;
        for (const MetricValue& each : Metrics().summary(report.cutoffs_)) out << padded(each.name, 9);
        out << padded("questions", 11) << '\n';
        for (const auto& [name, metrics] : report.rows_) {
            out << name << gap.substr(name.size());
            for (const MetricValue& each : metrics.summary(report.cutoffs_)) {
                char text[32];
                std::snprintf(text, sizeof text, "%.5f", each.value);
                out << padded(text, 9);
            }
            out << padded(std::to_string(metrics.count()), 11) << '\n';
        }
        return out;
    }

private:
    static std::string padded(const std::string& text, std::size_t width) {
        return std::string(width > text.size() ? width - text.size() : 1, ' ') + text;
    }

    std::vector<Index> cutoffs_;
    std::vector<std::pair<std::string, Metrics>> rows_;
};

}  // namespace coco
