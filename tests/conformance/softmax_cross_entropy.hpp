// SPDX-License-Identifier: Apache-2.0
/// \file
/// The conformance test of the primitive `softmax_cross_entropy`: the loss equals the definition in double,
/// the gradients equal its difference quotients.
#pragma once

#include <coco/exec/primitives.hpp>

#include "trial.hpp"

namespace coco::conformance {

/// One call of `softmax_cross_entropy` with random numbers.
template <class T>
struct SoftmaxCrossEntropyTrial {
    Index rows = 5, width = 4, classes = 7, gap = 0;
    bool bias = false, excluded = false, skipped = false;
    double temperature = 1, deviation = 1;
    std::uint64_t seed = 1;
    Index quotients = 40;

    struct Inputs {
        Matrix h, columns, bias;
        std::vector<Id> positive, excluded;
        Offsets excluded_of;
    };
    Inputs inputs() const {
        RandomStream random(seed, 1);
        Inputs in;
        in.h = random_matrix<T>(random, rows, width, deviation);
        in.columns = random_matrix<T>(random, classes, width, deviation);
        if (bias) in.bias = random_matrix<T>(random, 1, classes);
        for (Index i = 0; i < rows; ++i) {
            const Id positive = static_cast<Id>(random.below(static_cast<std::uint32_t>(classes)));
            // A run of rows without a positive (they add nothing), longer than any chunk, and single such
            // rows.
            in.positive.push_back(skipped && (i % 3 == 1 || i < rows / 2) ? no_id : positive);
            Index length = 0;
            // Long ranges of excluded classes from the first class on: a first tile that is wholly excluded.
            for (Id c = 0; c < classes; ++c)
                if (c != positive && (random.below(3) == 0 || (i % 2 == 0 && c < classes * 3 / 4))) {
                    in.excluded.push_back(c);
                    ++length;
                }
            in.excluded_of.push(length);
        }
        return in;
    }

    /// Returns loss, dh, dcolumns, dbias; those that are added to start at 1.
    template <class P>
    std::vector<T> run(P& on) const {
        const Inputs in = inputs();
        const Held<P> h(on, in.h, gap), columns(on, in.columns, gap), biases(on, in.bias);
        Held<P> loss(on, 1, 1, 1), dh(on, rows, width, 7, gap), dcolumns(on, classes, width, 1, gap);
        Held<P> dbias(on, bias ? 1 : 0, classes, 1);
        Workspace<P> work(on);
        Classes<P> shape;
        shape.columns = columns.in();
        shape.bias = biases.in();
        shape.inverse_temperature = static_cast<T>(1 / temperature);
        shape.positive = on.upload(std::span<const Id>(in.positive), work);
        if (excluded) {
            shape.excluded_of = segments(on, in.excluded_of, work);
            shape.excluded = on.upload(std::span<const Id>(in.excluded), work);
        }
        on.softmax_cross_entropy(h.in(), shape, T(0.5), loss.list().data, dh.out(), dcolumns.out(),
                                 dbias.out());
        std::vector<T> all;
        for (const Held<P>* m : {&loss, &dh, &dcolumns, &dbias}) m->append(all);
        return all;
    }

    std::vector<double> naive() const {
        Inputs in = inputs();
        RandomStream random(seed, 2);
        const auto loss = [&] { return value(in); };
        std::vector<double> all{1 + value(in)};
        append(all, difference_quotients(in.h, random, loss, quotients));
        for (Matrix* m : {&in.columns, &in.bias}) {
            Matrix slope = difference_quotients(*m, random, loss, quotients);
            for (double& x : slope.at) x += 1;
            append(all, slope);
        }
        return all;
    }

private:
    double value(const Inputs& in) const {
        double total = 0;
        for (Index i = 0; i < rows; ++i) {
            const Id positive = in.positive[static_cast<std::size_t>(i)];
            if (positive < 0) continue;
            std::vector<double> score(static_cast<std::size_t>(classes));
            for (Index c = 0; c < classes; ++c) {
                double dot = 0;
                for (Index j = 0; j < width; ++j) dot += in.h(i, j) * in.columns(c, j);
                score[static_cast<std::size_t>(c)] =
                    static_cast<double>(static_cast<T>(1 / temperature)) * dot + (bias ? in.bias(0, c) : 0);
            }
            const double own = score[static_cast<std::size_t>(positive)];
            if (excluded)
                for (Id s = in.excluded_of.at[static_cast<std::size_t>(i)];
                     s < in.excluded_of.at[static_cast<std::size_t>(i) + 1]; ++s)
                    score[static_cast<std::size_t>(in.excluded[static_cast<std::size_t>(s)])] =
                        -std::numeric_limits<double>::infinity();
            double sum = 0;
            for (const double x : score) sum += std::exp(x - own);
            total += std::log(sum);
        }
        return 0.5 * total;
    }
};

template <class T, class Check>
void softmax_cross_entropy_trials(const Check& check) {
    SoftmaxCrossEntropyTrial<T> t;
    check("plain", t);
    t.bias = true;
    t.temperature = 0.2;
    check("bias and temperature", t);
    t.excluded = true;
    check("excluded classes", t);
    t.skipped = true;
    t.gap = 3;
    check("rows without a positive, gaps between rows", t);
    t.rows = 290;
    t.width = 19;
    t.classes = 777;
    t.deviation = 0.4;
    t.quotients = 12;
    check("many rows and tiles", t);
    t.excluded = t.skipped = t.bias = false;
    t.width = 64;
    check("whole vectors", t);
    t.rows = 3;
    t.deviation = 30;
    t.temperature = 10;
    check("scores of hundreds", t);
    t.deviation = 1;
    t.classes = 1;
    check("a single class", t);
}

}  // namespace coco::conformance
