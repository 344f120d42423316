// SPDX-License-Identifier: Apache-2.0
/// \file
/// The conformance test of the primitives `attend` and `attend_backward`: results equal the definition,
/// written out in double, and gradients equal its difference quotients.
#pragma once

#include <algorithm>

#include <coco/exec/primitives.hpp>

#include "trial.hpp"

namespace coco::conformance {

/// One call of attention with random numbers.
template <class T>
struct AttentionTrial {
    Offsets queries, keys;
    Index heads = 1, kv_heads = 1, head = 8, prefix = 0;
    bool causal = false, own = false;
    double dropout = 0;
    std::uint64_t seed = 1;
    Index quotients = 40;  ///< elements checked per gradient

    struct Inputs {
        Matrix q, k, v, own_k, own_v, dout;
    };
    Inputs inputs() const {
        RandomStream random(seed, 7);
        Inputs in;
        in.q = random_matrix<T>(random, queries.rows(), heads * head);
        in.k = random_matrix<T>(random, keys.rows(), kv_heads * head);
        in.v = random_matrix<T>(random, keys.rows(), kv_heads * head);
        if (own) in.own_k = random_matrix<T>(random, queries.rows(), kv_heads * head);
        if (own) in.own_v = random_matrix<T>(random, queries.rows(), kv_heads * head);
        in.dout = random_matrix<T>(random, queries.rows(), heads * head);
        return in;
    }
    T scale() const { return static_cast<T>(1 / std::sqrt(static_cast<double>(head))); }
    std::vector<Id> row_keys() const {
        std::vector<Id> key(static_cast<std::size_t>(queries.rows()));
        for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<Id>(3 * i + 11);
        return key;
    }
    static DropoutKey dropout_key() { return {99, 5, 3}; }

    /// Returns out, statistics, dq, dk, dv, down_k, down_v.
    template <class P>
    std::vector<T> run(P& on) const {
        const Inputs in = inputs();
        const std::vector<Id> row_key = row_keys();
        Workspace<P> work(on);
        Attention<P> shape;
        shape.queries = segments(on, queries, work);
        shape.keys = segments(on, keys, work);
        shape.heads = heads;
        shape.kv_heads = kv_heads;
        shape.scale = scale();
        shape.causal = causal;
        shape.prefix = prefix;
        shape.dropout = dropout;
        shape.key = dropout_key();
        shape.row_key = on.upload(std::span<const Id>(row_key), work);
        // Gaps between rows: q, k and v are often columns of one matrix. Outputs are not zero before the
        // call.
        const Held<P> q(on, in.q, 3), k(on, in.k, 5), v(on, in.v), own_k(on, in.own_k, 1),
            own_v(on, in.own_v);
        const Held<P> dout(on, in.dout, 2);
        Held<P> out(on, in.q.rows, in.q.cols, 7, 1), statistics(on, in.q.rows, heads, 7);
        Held<P> dq(on, in.q.rows, in.q.cols, 7), dk(on, in.k.rows, in.k.cols, 7, 2),
            dv(on, in.v.rows, in.v.cols, 7);
        Held<P> down_k(on, in.own_k.rows, in.own_k.cols, 7, 3), down_v(on, in.own_v.rows, in.own_v.cols, 7);
        on.attend(shape, {q.in(), k.in(), v.in(), own_k.in(), own_v.in()}, out.out(), statistics.out());
        on.attend_backward(shape, {q.in(), k.in(), v.in(), own_k.in(), own_v.in()}, out.in(), statistics.in(),
                           dout.in(), {dq.out(), dk.out(), dv.out(), down_k.out(), down_v.out()});
        std::vector<T> all;
        for (const Held<P>* m : {&out, &statistics, &dq, &dk, &dv, &down_k, &down_v}) m->append(all);
        return all;
    }

    std::vector<double> naive() const {
        Inputs in = inputs();
        Matrix out(in.q.rows, in.q.cols), statistics(in.q.rows, heads);
        forward(in, out, statistics);
        std::vector<double> all;
        append(all, out);
        append(all, statistics);
        RandomStream random(seed, 8);
        const auto loss = [&] {
            forward(in, out, statistics);
            double sum = 0;
            for (std::size_t i = 0; i < out.at.size(); ++i) sum += out.at[i] * in.dout.at[i];
            return sum;
        };
        for (Matrix* m : {&in.q, &in.k, &in.v, &in.own_k, &in.own_v})
            append(all, difference_quotients(*m, random, loss, quotients));
        return all;
    }

private:
    void forward(const Inputs& in, Matrix& out, Matrix& statistics) const {
        const std::vector<Id> row_key = row_keys();
        std::fill(out.at.begin(), out.at.end(), 0.0);
        std::fill(statistics.at.begin(), statistics.at.end(), 0.0);
        const std::uint32_t threshold = DropoutKey::threshold(dropout);
        for (Index s = 0; s < queries.count(); ++s) {
            const auto at = static_cast<std::size_t>(s);
            const Index n = queries.at[at + 1] - queries.at[at], m = keys.at[at + 1] - keys.at[at];
            const Index before = s == 0 ? 0 : prefix;
            if (before + m == 0) continue;
            for (Index i = 0; i < n; ++i)
                for (Index h = 0; h < heads; ++h) {
                    const Index row = queries.at[at] + i, kv = h / (heads / kv_heads);
                    std::vector<double> score, index;
                    std::vector<const double*> value;
                    const auto see = [&](const Matrix& key_of, const Matrix& value_of, Index from,
                                         Index column) {
                        double dot = 0;
                        for (Index c = 0; c < head; ++c)
                            dot += in.q(row, h * head + c) * key_of(from, kv * head + c);
                        score.push_back(static_cast<double>(scale()) * dot);
                        index.push_back(static_cast<double>(column));
                        value.push_back(
                            &value_of.at[static_cast<std::size_t>(from * value_of.cols + kv * head)]);
                    };
                    for (Index j = 0; j < before; ++j) see(in.k, in.v, j, j);
                    for (Index j = 0; j < m; ++j)
                        if (!causal || j <= m - n + i) see(in.k, in.v, keys.at[at] + j, before + j);
                    if (own) see(in.own_k, in.own_v, row, before + m);
                    if (score.empty()) continue;
                    double sum = 0;
                    for (const double x : score) sum += std::exp(x);
                    statistics(row, h) = std::log(sum);
                    for (std::size_t j = 0; j < score.size(); ++j) {
                        double weight = std::exp(score[j]) / sum;
                        if (dropout > 0) {
                            const Index column = h * 4096 + static_cast<Index>(index[j]);
                            const Quad bits =
                                dropout_key().bits(row_key[static_cast<std::size_t>(row)], column / 8);
                            const bool kept =
                                DropoutKey::keeps(bits, static_cast<int>(column % 8), threshold);
                            weight *= kept ? 1 / (1 - dropout) : 0;
                        }
                        for (Index c = 0; c < head; ++c) out(row, h * head + c) += weight * value[j][c];
                    }
                }
        }
    }
};

/// Offsets of the given lengths.
inline Offsets lengths(std::initializer_list<Index> each) {
    Offsets at;
    for (const Index n : each) at.push(n);
    return at;
}

/// Every shape of attention that is tested, small enough for difference quotients; calls `check(name,
/// trial)`.
template <class T, class Check>
void attention_trials(const Check& check) {
    using Trial = AttentionTrial<T>;
    for (const double dropout : {0.0, 0.3}) {
        Trial t;
        t.dropout = dropout;
        t.queries = t.keys = lengths({3, 0, 1, 9, 20});
        t.heads = t.kv_heads = 2;
        t.head = 4;
        t.causal = true;
        check("self, causal, an empty segment", t);
        t.causal = false;
        t.head = 5;
        check("self, both ways, an odd width", t);
        t.head = 32;
        check("self, 32 wide", t);
        t.causal = true;
        t.heads = 6;
        t.head = 8;
        check("grouped: three query heads a key head", t);
        t.prefix = 4;
        t.queries = t.keys = lengths({4, 7, 0, 18, 2});
        check("a shared prefix before causal segments", t);
        t.queries = lengths({0, 7, 3, 18, 2});
        check("a prefix without queries of its own", t);
        t.own = true;
        t.keys = lengths({4, 7, 0, 20, 1});
        check("prefix, own rows, fewer and more keys than queries", t);
        t.prefix = 0;
        t.causal = false;
        t.heads = 1;
        t.kv_heads = 1;
        t.queries = lengths({2, 1, 3, 0, 2});
        t.keys = lengths({5, 0, 31, 4, 1});
        check("cross with own rows; a segment without keys gives zeros", t);
        t.own = false;
        t.causal = true;
        t.queries = lengths({5, 3});
        t.keys = lengths({2, 6});
        check("causal queries before the first key see nothing", t);
    }
}

/// Segments longer than any tile of an implementation.
template <class T, class Check>
void long_attention_trials(const Check& check) {
    AttentionTrial<T> t;
    t.queries = t.keys = lengths({21, 150, 420});
    t.heads = 3;
    t.head = 16;
    t.quotients = 8;
    t.causal = true;
    t.prefix = 21;
    check("long segments", t);
    t.dropout = 0.3;
    t.own = true;
    t.causal = false;
    t.prefix = 0;
    t.queries = lengths({31, 70});
    t.keys = lengths({320, 5});
    t.head = 64;
    check("many keys, few queries", t);
}

}  // namespace coco::conformance
