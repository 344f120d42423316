// SPDX-License-Identifier: Apache-2.0
/// \file
/// Initialises the prompts before the joint stage: codes by k-means of user representations after stage 1,
/// the shared prompt as the mean embedding of the instruction; prompts are scaled to token embeddings.
#pragma once

#include <cmath>
#include <vector>

#include <coco/data/interactions.hpp>
#include <coco/nn/standardize.hpp>
#include <coco/pipeline/batch.hpp>
#include <coco/pipeline/trained_model.hpp>
#include <coco/statistics/kmeans.hpp>
#include <coco/store/workspace.hpp>

namespace coco {

/// Root mean square of numbers.
template <class T>
double root_mean_square(const std::vector<T>& x) {
    double sum = 0;
    for (const T v : x) sum += static_cast<double>(v) * static_cast<double>(v);
    return x.empty() ? 0 : std::sqrt(sum / static_cast<double>(x.size()));
}

/// Behaviour vectors of each user's whole train history, users x d; users without items are left out.
template <class Model, class P>
std::vector<float> representations(const TrainedModel<Model, P>& trained, const data::Interactions& train) {
    Workspace<P> work(*trained.on);
    HostBatch b;
    std::vector<float> all;
    for (Id first = 0; first < static_cast<Id>(train.users()); first += 256) {
        const Id end = std::min(static_cast<Id>(train.users()), first + 256);
        b.clear();
        for (Id user = first; user < end; ++user)
            if (train.length(user) > 0) {
                trained.builder.add_history(b, user, train.of(user), no_id, nullptr);
            }
        if (b.rows() == 0) continue;
        Context<P> ctx = trained.context(work);
        const CRows<P> e = trained.model->score(ctx, upload(ctx, b)).rows;
        const auto part = values_of<P>(*trained.on, e);
        all.insert(all.end(), part.begin(), part.end());
        work.reset();
    }
    return all;
}

/// Subtracts the mean row from all rows of `width` numbers and returns it.
inline std::vector<float> subtract_mean(std::vector<float>& rows, std::size_t width) {
    std::vector<double> sum(width, 0);
    for (std::size_t i = 0; i < rows.size(); ++i) sum[i % width] += static_cast<double>(rows[i]);
    std::vector<float> mean(width);
    const double count = static_cast<double>(std::max<std::size_t>(1, rows.size() / width));
    for (std::size_t j = 0; j < width; ++j) mean[j] = static_cast<float>(sum[j] / count);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] -= mean[i % width];
    return mean;
}

/// Embeddings of tokens, tokens x D.
template <class Model, class P>
std::vector<typename P::Scalar> token_rows(const TrainedModel<Model, P>& trained,
                                           const std::vector<Id>& token) {
    Workspace<P> work(*trained.on);
    Context<P> ctx = trained.context(work);
    const Index count = static_cast<Index>(token.size()), width = trained.model->model().width();
    const Rows<P> rows = work.keep(count, width);
    trained.model->model().embed(ctx, ctx.on.upload(std::span<const Id>(token), work), rows);
    return values_of<P>(*trained.on, CRows<P>(rows));
}

/// Embeddings of the instruction's tokens, tokens x D; without an instruction, of at most 4,096 tokens spread
/// over the vocabulary.
template <class Model, class P>
std::vector<typename P::Scalar> usual_tokens(const TrainedModel<Model, P>& trained) {
    std::vector<Id> token(trained.model->instruction().begin(), trained.model->instruction().end());
    if (token.empty()) {
        const Index vocabulary = trained.model->model().vocabulary();
        for (Id t = 0; t < vocabulary; t += static_cast<Id>((vocabulary + 4095) / 4096)) token.push_back(t);
    }
    return token_rows(trained, token);
}

/// Sets the initial values of the prompts. The shared prompt (or first static row) is the mean of
/// `usual_tokens`, the others are scaled to their root mean square.
template <class Model, class P>
void initialise_prompts(const TrainedModel<Model, P>& trained, const data::Interactions& train,
                        std::uint64_t seed) {
    using T = typename P::Scalar;
    P& on = *trained.on;
    Parameters<P>& parameters = *trained.parameters;
    const std::size_t width = static_cast<std::size_t>(trained.model->model().width());

    const std::vector<T> rows = usual_tokens(trained);
    std::vector<T> mean(width, T(0));
    for (std::size_t i = 0; i < rows.size(); ++i)
        mean[i % width] += rows[i] / static_cast<T>(rows.size() / width);
    const double size = root_mean_square(rows);
    const auto& prompt = trained.model->prompt();
    const auto scale_to = [&](std::vector<T>& x, double from) {
        for (T& v : x) v = static_cast<T>(static_cast<double>(v) * size / from);
    };
    // The mean first, then rows of the size of tokens.
    const auto begin_rows = [&](const TensorRef& tensor) {
        std::vector<T> r = values_of(on, parameters, tensor);
        scale_to(r, root_mean_square(r));
        std::copy(mean.begin(), mean.end(), r.begin());
        on.upload(r.data(), parameters.list(tensor));
    };

    if constexpr (std::remove_reference_t<decltype(prompt)>::selects_codes) {
        const Index d = trained.model->width(), codes = prompt.codes().rows;
        std::vector<float> users = representations(trained, train);
        if constexpr (requires { prompt.users(); }) {
            const auto statistics = nn::ColumnStatistics::to_unit_length(std::span<const float>(users), d);
            prompt.users().set(on, parameters, statistics);
            statistics.apply(std::span(users));
            std::vector<T> r = values_of(on, parameters, prompt.rows());
            scale_to(r, root_mean_square(r));
            on.upload(r.data(), parameters.list(prompt.rows()));
            const T length = static_cast<T>(size * std::sqrt(static_cast<double>(width)));
            on.upload(&length, parameters.list(prompt.size()));
        } else if (prompt.config().centred) {
            const std::vector<float> centre = subtract_mean(users, static_cast<std::size_t>(d));
            const std::vector<T> values(centre.begin(), centre.end());
            on.upload(values.data(), parameters.list(prompt.centre()));
        }
        const std::vector<float> start = statistics::kmeans(users, d, codes, seed);
        const std::vector<T> z(start.begin(), start.end());
        on.upload(z.data(), parameters.list(prompt.codes()));
        begin_rows(prompt.shared());
        std::vector<T> w = values_of(on, parameters, prompt.projection());
        // The mean square of z W' is d rms(z)^2 rms(W)^2 for a random W.
        scale_to(w, root_mean_square(z) * root_mean_square(w) * std::sqrt(static_cast<double>(d)));
        on.upload(w.data(), parameters.list(prompt.projection()));
    } else {
        begin_rows(prompt.rows());
    }
}

}  // namespace coco
