// SPDX-License-Identifier: Apache-2.0
/// \file
/// Diagnostics of a pipeline's knowledge: whether prompts are of the size of tokens, whether they differ, and
/// how much of what is extracted for a user is extracted for everyone.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <coco/data/split.hpp>
#include <coco/pipeline/batch.hpp>
#include <coco/pipeline/begin_joint.hpp>
#include <coco/pipeline/trained_model.hpp>
#include <coco/store/workspace.hpp>

namespace coco {

struct KnowledgeDiagnostics {
    double prompt_size = 0;    ///< root mean square of prompts, as a multiple of that of token embeddings
    double prompt_cosine = 0;  ///< mean over the pairs of a user's prompts
    double code_cosine = 0;    ///< mean over pairs of codes; 0 where there are none
    double common_pure = 0;    ///< |mean|^2 / mean |x|^2 of users' mean rows of knowledge, each standardised
};

namespace diagnostics {

/// Mean cosine over pairs of rows: of unit rows x_i, (|sum x|^2 - n) / (n (n - 1)); 0 for fewer than two.
inline double mean_cosine(std::span<const double> rows, std::size_t width) {
    const std::size_t n = rows.size() / width;
    if (n < 2) return 0;
    std::vector<double> sum(width, 0);
    for (std::size_t i = 0; i < n; ++i) {
        double length = 0;
        for (std::size_t j = 0; j < width; ++j) length += rows[i * width + j] * rows[i * width + j];
        for (std::size_t j = 0; j < width && length > 0; ++j)
            sum[j] += rows[i * width + j] / std::sqrt(length);
    }
    double squares = 0;
    for (const double x : sum) squares += x * x;
    const double count = static_cast<double>(n);
    return (squares - count) / (count * (count - 1));
}

/// Share of the mean squared length of rows that is the square of their mean.
inline double common_part(std::span<const double> rows, std::size_t width) {
    std::vector<double> mean(width, 0);
    double squares = 0, common = 0;
    const double count = static_cast<double>(rows.size() / width);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        mean[i % width] += rows[i] / count;
        squares += rows[i] * rows[i] / count;
    }
    for (const double x : mean) common += x * x;
    return squares > 0 ? common / squares : 0;
}

/// Less its mean, divided by its deviation, as a normalisation layer does.
inline void standardise(std::span<double> row) {
    double mean = 0, squares = 0;
    for (const double x : row) mean += x / static_cast<double>(row.size());
    for (const double x : row) squares += (x - mean) * (x - mean) / static_cast<double>(row.size());
    for (double& x : row) x = squares > 0 ? (x - mean) / std::sqrt(squares) : 0;
}

}  // namespace diagnostics

/// Of a pipeline over at most `users` of the cases, spread over them.
template <class Model, class P>
KnowledgeDiagnostics knowledge_diagnostics(const TrainedModel<Model, P>& trained, const data::Cases& cases,
                                           Index users = 256) {
    using T = typename P::Scalar;
    const auto on_host = [&](CRows<P> x) {
        const std::vector<T> numbers = values_of<P>(*trained.on, x);
        return std::vector<double>(numbers.begin(), numbers.end());
    };
    const std::size_t width = static_cast<std::size_t>(trained.model->model().width()),
                      columns = static_cast<std::size_t>(trained.model->knowledge_width());
    Workspace<P> work(*trained.on);
    HostBatch b;
    std::vector<double> prompts, means;
    double cosine = 0;
    Index read = 0;
    const Index stride = std::max<Index>(1, cases.size() / users);
    for (Index i = 0; i < cases.size(); i += stride) {
        const data::Case c = cases[i];
        b.clear();
        trained.builder.add_history(b, c.user, c.history, no_id, trained.text.get());
        Context<P> ctx = trained.context(work);
        const auto knowledge = trained.model->extract_knowledge(ctx, upload(ctx, b));
        const std::vector<double> rows = on_host(CRows<P>(knowledge.prompt.out));
        std::vector<double> pure = on_host(CRows<P>(knowledge.decoupler.out)), mean(columns, 0);
        cosine += diagnostics::mean_cosine(rows, width);
        prompts.insert(prompts.end(), rows.begin(), rows.end());
        for (std::size_t row = 0; row < pure.size(); row += columns)
            diagnostics::standardise(std::span(pure).subspan(row, columns));
        for (std::size_t k = 0; k < pure.size(); ++k)
            mean[k % columns] += pure[k] * static_cast<double>(columns) / static_cast<double>(pure.size());
        means.insert(means.end(), mean.begin(), mean.end());
        ++read;
        work.reset();
    }
    KnowledgeDiagnostics found;
    if (read == 0) return found;
    found.prompt_size = root_mean_square(prompts) / root_mean_square(usual_tokens(trained));
    found.prompt_cosine = cosine / static_cast<double>(read);
    if constexpr (requires { trained.model->prompt().codes(); }) {
        const std::vector<T> codes =
            values_of(*trained.on, *trained.parameters, trained.model->prompt().codes());
        found.code_cosine = diagnostics::mean_cosine(std::vector<double>(codes.begin(), codes.end()),
                                                     static_cast<std::size_t>(trained.model->width()));
    }
    found.common_pure = diagnostics::common_part(means, columns);
    return found;
}

}  // namespace coco
